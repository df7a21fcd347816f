-- name: find :one
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = %(public_id)s;

-- name: find_by_id :one
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: details :one
select
    lpad(to_hex(asset.phash::bigint), 16, '0') as phash,
    case
        when not asset.visual_search then 'not_asked'
        else coalesce(indexing.state, 'indexed')
    end as index_state,
    indexing.reason as index_reason,
    asset.updated_at, asset.public_id_updated_at, asset.tags_updated_at, asset.context_updated_at,
    asset.metadata_updated_at
from library.asset
left join library.indexing using (environment_id, asset_id)
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: insert :one
-- Nothing comes back when the public_id is taken. If a deleted asset of that name was kept, it is
-- that one again, so that its older versions are found, and its version goes on growing.
with deleted as (
    select backup.asset_id, backup.version
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
    limit 1
)
insert into library.asset (
    environment_id, asset_id, resource_type, type, public_id, version, format, bytes, width,
    height, pages, etag, sha256, phash, asset_folder, display_name, original_filename, tags,
    context, metadata, visual_search, moderation_status, backup, upload_preset, source, created_by
)
values (
    %(environment_id)s, coalesce((select asset_id from deleted), gen_random_uuid()),
    %(resource_type)s, %(type)s, %(public_id)s,
    greatest(floor(extract(epoch from now()))::bigint, (select version + 1 from deleted)),
    %(format)s, %(bytes)s, %(width)s, %(height)s, %(pages)s, %(etag)s, %(sha256)s, %(phash)s::bit(64),
    %(asset_folder)s, %(display_name)s, %(original_filename)s, %(tags)s, %(context)s, %(metadata)s,
    coalesce(%(visual_search)s, false), %(moderation_status)s, %(backup)s, %(upload_preset)s,
    %(source)s, %(created_by)s
)
-- Of any index: whoever is faster with the same name may have the same asset_id, too.
on conflict do nothing
returning asset_id;

-- name: overwrite :one
-- The asset_id stays; the version grows even within one second, since URLs with it are cached.
-- An image that was searchable stays so unless this upload says otherwise. What was decided about
-- the old file says nothing about the new one.
update library.asset
set
    version = greatest(floor(extract(epoch from now()))::bigint, version + 1),
    version_id = gen_random_uuid(),
    format = %(format)s,
    bytes = %(bytes)s,
    width = %(width)s,
    height = %(height)s,
    pages = %(pages)s,
    etag = %(etag)s,
    sha256 = %(sha256)s,
    phash = %(phash)s::bit(64),
    asset_folder = %(asset_folder)s,
    display_name = %(display_name)s,
    original_filename = %(original_filename)s,
    tags = %(tags)s,
    context = %(context)s,
    metadata = %(metadata)s,
    visual_search = coalesce(%(visual_search)s, visual_search),
    moderation_status = %(moderation_status)s,
    moderated_at = null,
    backup = %(backup)s,
    upload_preset = %(upload_preset)s,
    source = %(source)s,
    created_by = %(created_by)s,
    updated_at = now()
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = %(public_id)s
returning asset_id;

-- name: store_original :none
insert into library.original (environment_id, asset_id, data)
values (%(environment_id)s, %(asset_id)s, %(data)s)
on conflict (environment_id, asset_id) do update
set data = excluded.data;

-- name: read_original :one
-- A slice; storage is external, so that only this part is read. Positions count from 1. Nothing when
-- the asset was overwritten meanwhile: slices of two files must never be put together.
select substring(original.data from %(start)s for %(length)s) as data
from library.original
join library.asset using (environment_id, asset_id)
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and asset.sha256 = %(sha256)s;

-- name: ask_for_all :one
-- Visual search was switched on: every image of the account is to be indexed.
with asked as (
    update library.asset
    set visual_search = true
    where environment_id = %(environment_id)s and resource_type = 'image' and not visual_search
    returning environment_id, asset_id
), waiting as (
    insert into library.indexing (environment_id, asset_id)
    select asked.environment_id, asked.asset_id
    from asked
    where not exists (
        select
        from library.embedding
        where embedding.environment_id = asked.environment_id and embedding.asset_id = asked.asset_id
    )
    on conflict (environment_id, asset_id) do nothing
    returning asset_id
)
select count(*) as waiting from waiting;
