-- Pages ask for it every second while images are indexed, so it counts the few, not the million: whoever
-- asked to be indexed is embedded, pending or failed (check_coverage), and an index has those who did not.
-- The number of embeddings comes from its counter: a view binds to a table, not to its name, and
-- embedding exchanges names with embedding_next when the model changes.
create view report.coverage as
select
    environment.cloud_name,
    environment.visual_search,
    counted.indexed + waiting.pending + waiting.failed + image.not_asked_for as images,
    counted.indexed,
    waiting.pending,
    waiting.failed,
    image.not_asked_for
from library.environment
cross join lateral (
    select count(*) as not_asked_for
    from library.asset
    where asset.environment_id = environment.environment_id
        and asset.resource_type = 'image'
        and not asset.visual_search
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
) as waiting
order by environment.cloud_name;

comment on view report.coverage is
    'For each environment how many images it holds, and how many of them can be found by what they show';
comment on column report.coverage.visual_search is 'Whether the environment has it switched on';
comment on column report.coverage.indexed is 'Images with an embedding of the active model';
comment on column report.coverage.pending is 'Images that wait for an embedding; see report.backlog';
comment on column report.coverage.failed is 'Images that could not be embedded; see report.failures';
comment on column report.coverage.not_asked_for is 'Images that nobody asked to index';

create view report.backlog as
select
    environment.cloud_name,
    count(*) as pending,
    count(*) filter (where waiting.next_try_at <= now() and waiting.is_free) as due,
    count(*) filter (where not waiting.is_free) as in_work,
    count(*) filter (where waiting.attempts > 0 and waiting.is_free) as tried_before,
    min(waiting.created_at) as oldest_since,
    min(waiting.next_try_at) filter (where waiting.is_free) as next_try_at,
    not environment.visual_search as paused
from library.environment
cross join lateral (
    select
        indexing.attempts,
        indexing.next_try_at,
        indexing.created_at,
        coalesce(indexing.claimed_until <= now(), true) as is_free
    from library.indexing
    where indexing.environment_id = environment.environment_id and indexing.state = 'pending'
) as waiting
group by environment.environment_id
order by pending desc, environment.cloud_name;

comment on view report.backlog is 'Images that wait for an embedding, for each environment that has any';
comment on column report.backlog.due is 'Those that the next free worker takes';
comment on column report.backlog.in_work is 'Those that a worker or an upload is embedding now';
comment on column report.backlog.tried_before is 'Those that failed and are tried again';
comment on column report.backlog.oldest_since is 'When the one that waits longest came';
comment on column report.backlog.next_try_at is 'When the first of them is due; in the past if workers lag behind';
comment on column report.backlog.paused is 'Visual search is off: nothing is embedded until it is on';

create view report.failures as
select
    environment.cloud_name,
    asset.public_id,
    asset.type,
    asset.asset_folder,
    asset.format,
    asset.bytes,
    indexing.reason,
    indexing.attempts,
    indexing.created_at as asked_at
from library.indexing
join library.asset using (environment_id, asset_id)
join library.environment using (environment_id)
where indexing.state = 'failed'
order by environment.cloud_name, indexing.created_at desc, asset.public_id;

comment on view report.failures is
    'Images that could not be embedded and are not tried again by themselves, with the reason';
comment on column report.failures.type is 'Delivery type: upload, private or authenticated';
comment on column report.failures.reason is 'What the last attempt ran into';
comment on column report.failures.attempts is 'How often it was tried';
comment on column report.failures.asked_at is 'When the image was queued';
