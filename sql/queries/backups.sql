-- name: lock :none
-- Before its present version is kept, nobody else may overwrite it.
select
from library.asset
where environment_id = %(environment_id)s and asset_id = %(asset_id)s
for update;

-- name: keep :none
-- Of assets that are locked: the versions that asked for it, or, if `always`, all of them.
insert into library.backup (
    environment_id, asset_id, version_id, resource_type, type, public_id, version, format, bytes,
    width, height, pages, etag, sha256, phash, asset_folder, display_name, original_filename, tags,
    context, metadata, access_mode, moderation_status, moderated_at, visual_search, upload_preset,
    source, created_by, created_at, updated_at, data
)
select
    environment_id, asset_id, asset.version_id, asset.resource_type, asset.type, asset.public_id,
    asset.version, asset.format, asset.bytes, asset.width, asset.height, asset.pages, asset.etag,
    asset.sha256, asset.phash, asset.asset_folder, asset.display_name, asset.original_filename,
    asset.tags, asset.context, asset.metadata, asset.access_mode, asset.moderation_status,
    asset.moderated_at, asset.visual_search,
    asset.upload_preset, asset.source, asset.created_by, asset.created_at, asset.updated_at,
    original.data
from library.asset
join library.original using (environment_id, asset_id)
where environment_id = %(environment_id)s
    and asset_id = any(%(asset_ids)s::uuid[])
    and (asset.backup or %(always)s)
on conflict (environment_id, asset_id, version_id) do nothing;

-- name: rename :none
update library.backup
set type = %(type)s, public_id = %(public_id)s
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: versions :many
-- Every version of an asset that can be restored or read, oldest first; the present one is among
-- them if it is to be kept.
select
    version_id, version, resource_type, public_id, format, bytes, etag, sha256,
    to_timestamp(version) as uploaded_at, kept_at is null as present
from (
    select
        version_id, version, resource_type, public_id, format, bytes, etag, sha256, kept_at
    from library.backup
    where environment_id = %(environment_id)s and asset_id = %(asset_id)s
    union all
    select version_id, version, resource_type, public_id, format, bytes, etag, sha256, null
    from library.asset
    where environment_id = %(environment_id)s and asset_id = %(asset_id)s and backup
) as kept
order by version, version_id;

-- name: find_deleted_by_name :one
-- The asset that had a name last, is gone but was kept.
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.backup
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = %(public_id)s
    and not exists (
        select
        from library.asset
        where asset.environment_id = backup.environment_id and asset.asset_id = backup.asset_id
    )
order by kept_at desc
limit 1;

-- name: find_deleted_by_id :one
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.backup
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and not exists (
        select
        from library.asset
        where asset.environment_id = backup.environment_id and asset.asset_id = backup.asset_id
    )
order by kept_at desc
limit 1;

-- name: choose_by_name :one
-- The version to restore: the newest of those asked for, or of all if none are named.
select asset_id, version_id
from library.backup
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = %(public_id)s
    and (%(version_ids)s::uuid[] = '{}' or version_id = any(%(version_ids)s::uuid[]))
order by kept_at desc
limit 1;

-- name: choose_by_id :one
-- Like choose_by_name.
select asset_id, version_id
from library.backup
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and (%(version_ids)s::uuid[] = '{}' or version_id = any(%(version_ids)s::uuid[]))
order by kept_at desc
limit 1;

-- name: restore :one
-- An asset that is gone comes back with all that was known of it; of one that is there, the file
-- changes. The version grows beyond every one that URLs may have been cached with.
insert into library.asset as present (
    environment_id, asset_id, resource_type, type, public_id, version, version_id, format, bytes,
    width, height, pages, etag, sha256, phash, asset_folder, display_name, original_filename, tags,
    context, metadata, access_mode, moderation_status, moderated_at, visual_search, backup,
    upload_preset, source, created_by, created_at
)
select
    environment_id, asset_id, resource_type, type, public_id,
    (
        select greatest(floor(extract(epoch from now()))::bigint, max(other.version) + 1)
        from library.backup as other
        where other.environment_id = backup.environment_id and other.asset_id = backup.asset_id
    ),
    version_id, format, bytes, width, height, pages, etag, sha256, phash, asset_folder,
    display_name, original_filename, tags, context, metadata, access_mode, moderation_status,
    moderated_at, visual_search, true, upload_preset, source, created_by, created_at
from library.backup
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and version_id = %(version_id)s
on conflict (environment_id, asset_id) do update
set
    version = greatest(excluded.version, present.version + 1),
    version_id = excluded.version_id,
    format = excluded.format,
    bytes = excluded.bytes,
    width = excluded.width,
    height = excluded.height,
    pages = excluded.pages,
    etag = excluded.etag,
    sha256 = excluded.sha256,
    phash = excluded.phash,
    original_filename = excluded.original_filename,
    moderation_status = excluded.moderation_status,
    moderated_at = excluded.moderated_at,
    backup = true,
    updated_at = now()
returning
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at;

-- name: restore_bytes :none
-- The version is the present one then, and no longer a row here.
with restored as (
    delete from library.backup
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and version_id = %(version_id)s
    returning environment_id, asset_id, data
)
insert into library.original (environment_id, asset_id, data)
select environment_id, asset_id, data
from restored
on conflict (environment_id, asset_id) do update
set data = excluded.data;

-- name: delete :many
-- The present version stays, but is not kept any more.
with deleted as (
    delete from library.backup
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and version_id = any(%(version_ids)s::uuid[])
    returning version_id
), given_up as (
    update library.asset
    set backup = false
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and version_id = any(%(version_ids)s::uuid[])
        and backup
    returning version_id
)
select version_id from deleted
union all
select version_id from given_up;

-- name: read :one
-- A slice; positions count from 1.
select substring(data from %(start)s for %(length)s) as data
from library.backup
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and version_id = %(version_id)s;
