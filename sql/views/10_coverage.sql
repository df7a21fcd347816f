-- The number of embeddings comes from its counter: a view binds to a table, not to its name, and
-- embedding exchanges names with embedding_next when the model changes.
create view report.coverage as
select
    environment.cloud_name,
    environment.visual_search,
    image.images,
    counted.indexed,
    waiting.pending,
    waiting.failed,
    image.not_asked_for
from library.environment
cross join lateral (
    select count(*) as images, count(*) filter (where not asset.visual_search) as not_asked_for
    from library.asset
    where asset.environment_id = environment.environment_id and asset.resource_type = 'image'
) as image
cross join lateral (
    select coalesce(sum(indexed_count.indexed), 0)::bigint as indexed
    from library.indexed_count
    where indexed_count.environment_id = environment.environment_id
) as counted
cross join lateral (
    select
        count(*) filter (where indexing.state = 'pending') as pending,
        count(*) filter (where indexing.state = 'failed') as failed
    from library.indexing
    where indexing.environment_id = environment.environment_id
) as waiting;

comment on view report.coverage is
    'For each environment how many images it holds, and how many of them can be found by what they show';
