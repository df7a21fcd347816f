create view report.upload_sources as
select
    environment.cloud_name,
    came.source,
    api_key.label as key_label,
    came.upload_preset,
    sum(came.assets)::bigint as assets,
    sum(came.bytes)::bigint as bytes,
    sum(came.last_30_days)::bigint as last_30_days,
    min(came.first_at) as first_at,
    max(came.last_at) as last_at
from (
    select
        asset.environment_id,
        asset.source,
        asset.created_by,
        asset.upload_preset,
        count(*) as assets,
        sum(asset.bytes) as bytes,
        count(*) filter (where asset.created_at > now() - interval '30 days') as last_30_days,
        min(asset.created_at) as first_at,
        max(asset.created_at) as last_at
    from library.asset
    group by asset.environment_id, asset.source, asset.created_by, asset.upload_preset
) as came
join library.environment using (environment_id)
left join library.api_key on api_key.environment_id = came.environment_id
    and api_key.api_key = came.created_by
group by environment.cloud_name, came.source, api_key.label, came.upload_preset
order by environment.cloud_name, assets desc, came.source, api_key.label, came.upload_preset;

comment on view report.upload_sources is 'Where assets came from: the way in, the API key, the preset';
comment on column report.upload_sources.source is 'api, import or library (the page)';
comment on column report.upload_sources.key_label is
    'Label of the API key that was used; null for an unsigned upload or an import';
comment on column report.upload_sources.upload_preset is 'The preset that was used; null for none';
comment on column report.upload_sources.bytes is 'Originals';
comment on column report.upload_sources.last_30_days is 'Assets that were created in the last 30 days';
comment on column report.upload_sources.first_at is 'When the first of them was created';
comment on column report.upload_sources.last_at is 'When the last of them was created';

create view report.preset_use as
select
    environment.cloud_name,
    preset.name as preset,
    preset."unsigned",
    coalesce(environment.library_preset = preset.name, false) as is_library_default,
    coalesce(environment.api_preset = preset.name, false) as is_api_default,
    coalesce(used.assets, 0) as assets,
    coalesce(used.bytes, 0)::bigint as bytes,
    coalesce(used.asked_to_index, 0) as asked_to_index,
    used.last_used_at,
    preset.updated_at as changed_at
from library.upload_preset as preset
join library.environment using (environment_id)
left join (
    select
        asset.environment_id,
        asset.upload_preset,
        count(*) as assets,
        sum(asset.bytes) as bytes,
        count(*) filter (where asset.visual_search) as asked_to_index,
        max(asset.uploaded_at) as last_used_at
    from library.asset
    where asset.upload_preset is not null
    group by asset.environment_id, asset.upload_preset
) as used on used.environment_id = preset.environment_id and used.upload_preset = preset.name
order by environment.cloud_name, assets desc, preset.name;

comment on view report.preset_use is 'Upload presets by how many assets came with them, unused ones too';
comment on column report.preset_use."unsigned" is 'Whether it takes uploads without a signature';
comment on column report.preset_use.is_library_default is 'Whether the page uploads with it';
comment on column report.preset_use.is_api_default is 'Whether API uploads that name none get it';
comment on column report.preset_use.assets is 'Assets whose present file came with it';
comment on column report.preset_use.bytes is 'Originals of these';
comment on column report.preset_use.asked_to_index is 'Those that were to be found by what they show';
comment on column report.preset_use.last_used_at is 'The last such upload; null: none that is still there';
comment on column report.preset_use.changed_at is 'When its settings last changed';
