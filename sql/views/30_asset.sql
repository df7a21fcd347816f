-- Not sorted, so that conditions of a query reach the indexes of the table.
create view report.asset as
select
    environment.cloud_name,
    asset.public_id,
    asset.resource_type,
    asset.type,
    asset.asset_folder,
    asset.display_name,
    asset.original_filename,
    asset.format,
    asset.bytes,
    asset.width,
    asset.height,
    asset.pages,
    asset.tags,
    asset.context,
    asset.metadata,
    case
        when not asset.visual_search then 'not_asked'
        when not environment.visual_search then 'off'
        else coalesce(indexing.state, 'indexed')
    end as index_state,
    indexing.reason as index_reason,
    asset.access_mode,
    asset.source,
    asset.upload_preset,
    encode(asset.sha256, 'hex') as sha256,
    asset.created_at,
    asset.uploaded_at,
    asset.updated_at,
    asset.asset_id
from library.asset
join library.environment using (environment_id)
left join library.indexing using (environment_id, asset_id);

comment on view report.asset is
    'One row for each asset with all that is known of it but its bytes: the view to join others with';
comment on column report.asset.resource_type is 'image, video or raw';
comment on column report.asset.type is 'Delivery type: upload, private or authenticated';
comment on column report.asset.asset_folder is 'Empty for the root';
comment on column report.asset.original_filename is 'As the client named it, without its ending';
comment on column report.asset.bytes is 'Size of the original';
comment on column report.asset.width is 'In pixels; null unless it is an image or video';
comment on column report.asset.height is 'In pixels; null unless it is an image or video';
comment on column report.asset.pages is 'Pages or frames';
comment on column report.asset.context is 'Contextual metadata: key and value';
comment on column report.asset.metadata is 'Structured metadata: external id of the field, and value';
comment on column report.asset.index_state is
    'indexed, pending, failed, not_asked, or off where the environment has no visual search';
comment on column report.asset.index_reason is 'What the last attempt to index it ran into; null if nothing';
comment on column report.asset.access_mode is 'public or authenticated';
comment on column report.asset.source is 'api, import or library (the page)';
comment on column report.asset.upload_preset is 'The preset that it came with; null without one';
comment on column report.asset.sha256 is 'Of the original, in hexadecimal: equal files have the same';
comment on column report.asset.uploaded_at is 'When its present file came';
comment on column report.asset.updated_at is 'When anything of it last changed';
comment on column report.asset.asset_id is 'Stays when it is renamed; report.searches has it in hits';

create view report.biggest_assets as
select
    environment.cloud_name,
    asset.public_id,
    asset.resource_type,
    asset.asset_folder,
    asset.format,
    asset.bytes,
    asset.width,
    asset.height,
    asset.created_at
from library.asset
join library.environment using (environment_id)
order by asset.bytes desc, asset.asset_id;

comment on view report.biggest_assets is 'All assets, the largest originals first';
comment on column report.biggest_assets.resource_type is 'image, video or raw';
comment on column report.biggest_assets.bytes is 'Size of the original';
comment on column report.biggest_assets.width is 'In pixels; null unless it is an image or video';
comment on column report.biggest_assets.height is 'In pixels; null unless it is an image or video';

create view report.untagged_images as
select
    environment.cloud_name,
    asset.public_id,
    asset.type,
    asset.asset_folder,
    asset.format,
    asset.bytes,
    asset.context <> '{}' as has_context,
    asset.metadata <> '{}' as has_metadata,
    asset.created_at
from library.asset
join library.environment using (environment_id)
where asset.resource_type = 'image' and asset.tags = '{}'
order by asset.created_at desc, asset.asset_id;

comment on view report.untagged_images is 'Images without any tag, the newest first';
comment on column report.untagged_images.type is 'Delivery type: upload, private or authenticated';
comment on column report.untagged_images.has_context is 'Whether it has contextual metadata at least';
comment on column report.untagged_images.has_metadata is 'Whether it has structured metadata at least';

create view report.tag_use as
select environment.cloud_name, used.tag, used.resource_type, used.assets, used.first_at, used.last_at
from (
    select
        term.environment_id,
        term.term collate "default" as tag,
        term.resource_type,
        count(*) as assets,
        min(term.created_at) as first_at,
        max(term.created_at) as last_at
    from library.asset_term as term
    where term.kind = 'tag'
    group by term.environment_id, term.resource_type, term.term
) as used
join library.environment using (environment_id)
order by environment.cloud_name, used.assets desc, used.tag, used.resource_type;

comment on view report.tag_use is 'Tags by how many assets have them';
comment on column report.tag_use.resource_type is 'image, video or raw';
comment on column report.tag_use.assets is 'Assets of this type that have the tag';
comment on column report.tag_use.first_at is 'Creation of the oldest asset that has it';
comment on column report.tag_use.last_at is 'Creation of the newest asset that has it';

create view report.metadata_use as
with held as (
    select asset.environment_id, key as field_id, count(*) as assets
    from library.asset
    cross join lateral jsonb_object_keys(asset.metadata) as key
    where asset.metadata <> '{}'
    group by asset.environment_id, key
),
whole as (
    select asset.environment_id, count(*) as assets
    from library.asset
    group by asset.environment_id
)
select
    environment.cloud_name,
    field.external_id as field,
    field.label,
    field.type,
    field.mandatory,
    coalesce(held.assets, 0) as assets,
    coalesce(whole.assets, 0) - coalesce(held.assets, 0) as missing,
    round(100.0 * coalesce(held.assets, 0) / whole.assets, 1) as filled_percent
from library.metadata_field as field
join library.environment using (environment_id)
left join held on held.environment_id = field.environment_id and held.field_id = field.external_id
left join whole on whole.environment_id = field.environment_id
where field.deleted_at is null
order by environment.cloud_name, field.position, field.external_id;

comment on view report.metadata_use is 'Structured metadata fields by how many assets have a value';
comment on column report.metadata_use.field is 'Its external id';
comment on column report.metadata_use.label is 'What people read';
comment on column report.metadata_use.type is 'string, integer, date, enum or set';
comment on column report.metadata_use.mandatory is 'Whether an upload must have a value';
comment on column report.metadata_use.assets is 'Assets with a value, of any type';
comment on column report.metadata_use.missing is 'Assets without a value, of any type';
comment on column report.metadata_use.filled_percent is 'Share of assets with a value; null for an empty library';
