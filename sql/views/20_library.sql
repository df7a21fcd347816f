create view report.library_by_folder as
with held as (
    select asset.environment_id, asset.asset_folder, count(*) as assets, sum(asset.bytes) as bytes
    from library.asset
    group by asset.environment_id, asset.asset_folder
),
within as (
    -- What a folder holds counts for every folder around it too, up to the root, which is ''.
    select held.environment_id, around.path, sum(held.assets) as assets, sum(held.bytes) as bytes
    from held
    cross join lateral string_to_array(held.asset_folder, '/') as segments
    cross join lateral (
        select array_to_string(segments[:depth], '/') as path
        from generate_series(0, cardinality(segments)) as depth
    ) as around
    group by held.environment_id, around.path
),
folder as (
    select folder.environment_id, folder.path collate "default" as path
    from library.folder
    union all
    select environment.environment_id, ''
    from library.environment
)
select
    environment.cloud_name,
    folder.path as asset_folder,
    coalesce(held.assets, 0) as assets,
    coalesce(held.bytes, 0)::bigint as bytes,
    coalesce(within.assets, 0)::bigint as total_assets,
    coalesce(within.bytes, 0)::bigint as total_bytes
from folder
join library.environment using (environment_id)
left join held on held.environment_id = folder.environment_id and held.asset_folder = folder.path
left join within on within.environment_id = folder.environment_id and within.path = folder.path
order by environment.cloud_name, folder.path;

comment on view report.library_by_folder is 'What each folder holds, empty folders too; the root is empty text';
comment on column report.library_by_folder.assets is 'Assets in the folder itself';
comment on column report.library_by_folder.bytes is 'Originals in the folder itself';
comment on column report.library_by_folder.total_assets is 'Assets in the folder and all below it';
comment on column report.library_by_folder.total_bytes is 'Originals in the folder and all below it';

create view report.library_by_type as
select
    environment.cloud_name,
    held.resource_type,
    held.type,
    held.assets,
    held.bytes::bigint,
    held.newest_at
from (
    select
        asset.environment_id,
        asset.resource_type,
        asset.type,
        count(*) as assets,
        sum(asset.bytes) as bytes,
        max(asset.created_at) as newest_at
    from library.asset
    group by asset.environment_id, asset.resource_type, asset.type
) as held
join library.environment using (environment_id)
order by environment.cloud_name, held.assets desc, held.resource_type, held.type;

comment on view report.library_by_type is 'Assets and bytes by resource type and delivery type';
comment on column report.library_by_type.resource_type is 'image, video or raw';
comment on column report.library_by_type.type is 'Delivery type: upload, private or authenticated';
comment on column report.library_by_type.bytes is 'Originals, without renditions';
comment on column report.library_by_type.newest_at is 'When the last of them was created';

create view report.library_by_format as
select
    environment.cloud_name,
    held.resource_type,
    held.format,
    held.assets,
    held.bytes::bigint,
    (held.bytes / held.assets)::bigint as average_bytes,
    held.largest_bytes
from (
    select
        asset.environment_id,
        asset.resource_type,
        asset.format,
        count(*) as assets,
        sum(asset.bytes) as bytes,
        max(asset.bytes) as largest_bytes
    from library.asset
    group by asset.environment_id, asset.resource_type, asset.format
) as held
join library.environment using (environment_id)
order by environment.cloud_name, held.bytes desc, held.resource_type, held.format;

comment on view report.library_by_format is 'Assets and bytes by file format';
comment on column report.library_by_format.resource_type is 'image, video or raw';
comment on column report.library_by_format.format is 'As the API names it; null for a file of unknown kind';
comment on column report.library_by_format.bytes is 'Originals, without renditions';
comment on column report.library_by_format.average_bytes is 'Bytes of an original on average';
comment on column report.library_by_format.largest_bytes is 'Bytes of the largest original';

create view report.library_by_month as
select
    environment.cloud_name,
    held.month,
    held.assets,
    held.bytes::bigint,
    sum(held.assets) over so_far::bigint as total_assets,
    sum(held.bytes) over so_far::bigint as total_bytes
from (
    select
        asset.environment_id,
        date_trunc('month', asset.created_at at time zone 'UTC')::date as month,
        count(*) as assets,
        sum(asset.bytes) as bytes
    from library.asset
    group by asset.environment_id, month
) as held
join library.environment using (environment_id)
window so_far as (partition by environment.cloud_name order by held.month)
order by environment.cloud_name, held.month;

comment on view report.library_by_month is
    'Assets by the month of their creation, and how the library grew; what was deleted since is not counted';
comment on column report.library_by_month.month is 'Its first day, in UTC';
comment on column report.library_by_month.assets is 'Those of this month that the library still holds';
comment on column report.library_by_month.bytes is 'Originals of these';
comment on column report.library_by_month.total_assets is 'Those of this month and all before';
comment on column report.library_by_month.total_bytes is 'Originals of these';
