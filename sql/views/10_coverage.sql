create view report.coverage as
select
    environment.cloud_name,
    environment.visual_search,
    count(asset.asset_id) as images,
    count(embedding.asset_id) as indexed,
    count(indexing.asset_id) filter (where indexing.state = 'pending') as pending,
    count(indexing.asset_id) filter (where indexing.state = 'failed') as failed,
    count(asset.asset_id) filter (where not asset.visual_search) as not_asked_for
from library.environment
left join library.asset
    on asset.environment_id = environment.environment_id and asset.resource_type = 'image'
left join search.embedded() as embedding
    on embedding.environment_id = asset.environment_id and embedding.asset_id = asset.asset_id
left join library.indexing
    on indexing.environment_id = asset.environment_id and indexing.asset_id = asset.asset_id
group by environment.environment_id;

comment on view report.coverage is
    'For each environment how many images it holds, and how many of them can be found by what they show';
