-- Pages of assets. A page goes on behind the asset at `after_…`; the first one behind the end of all
-- times or before all names, so that there is one condition, which an index serves under any plan.
-- The directions are separate statements, since an order cannot be a parameter.

-- name: newest :many
-- One scan of the index for each type, since their orders are only merged here.
select
    page.asset_id, page.resource_type, page.type, page.public_id, page.version, page.version_id,
    page.format, page.bytes, page.width, page.height, page.pages, page.etag, page.sha256,
    page.asset_folder, page.display_name, page.original_filename, page.tags, page.context,
    page.metadata, page.access_mode, page.moderation_status, page.moderated_at, page.visual_search,
    page.created_at, page.updated_at
from unnest(%(types)s::text[]) as wanted (type)
cross join lateral (
    select
        asset_id, resource_type, type, public_id, version, version_id, format, bytes, width,
        height, pages, etag, sha256, asset_folder, display_name, original_filename, tags, context,
        metadata, access_mode, moderation_status, moderated_at, visual_search, created_at,
        updated_at
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and asset.type = wanted.type
        and created_at >= %(start_at)s::timestamptz
        and (created_at, asset_id) < (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
    order by created_at desc, asset_id desc
    limit %(limit)s
) as page
order by page.created_at desc, page.asset_id desc
limit %(limit)s;

-- name: oldest :many
-- One scan of the index for each type, since their orders are only merged here.
select
    page.asset_id, page.resource_type, page.type, page.public_id, page.version, page.version_id,
    page.format, page.bytes, page.width, page.height, page.pages, page.etag, page.sha256,
    page.asset_folder, page.display_name, page.original_filename, page.tags, page.context,
    page.metadata, page.access_mode, page.moderation_status, page.moderated_at, page.visual_search,
    page.created_at, page.updated_at
from unnest(%(types)s::text[]) as wanted (type)
cross join lateral (
    select
        asset_id, resource_type, type, public_id, version, version_id, format, bytes, width,
        height, pages, etag, sha256, asset_folder, display_name, original_filename, tags, context,
        metadata, access_mode, moderation_status, moderated_at, visual_search, created_at,
        updated_at
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and asset.type = wanted.type
        and created_at >= %(start_at)s::timestamptz
        and (created_at, asset_id) > (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
    order by created_at, asset_id
    limit %(limit)s
) as page
order by page.created_at, page.asset_id
limit %(limit)s;

-- name: newest_by_term :many
select
    asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.version,
    asset.version_id, asset.format, asset.bytes, asset.width, asset.height, asset.pages,
    asset.etag, asset.sha256, asset.asset_folder, asset.display_name, asset.original_filename,
    asset.tags, asset.context, asset.metadata, asset.access_mode, asset.moderation_status,
    asset.moderated_at, asset.visual_search, asset.created_at, asset.updated_at
from library.asset_term as page
join library.asset using (environment_id, asset_id)
where page.environment_id = %(environment_id)s
    and page.resource_type = %(resource_type)s
    and page.kind = %(term_kind)s
    and page.term = %(term)s
    and (page.created_at, page.asset_id)
        < (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by page.created_at desc, page.asset_id desc
limit %(limit)s;

-- name: oldest_by_term :many
select
    asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.version,
    asset.version_id, asset.format, asset.bytes, asset.width, asset.height, asset.pages,
    asset.etag, asset.sha256, asset.asset_folder, asset.display_name, asset.original_filename,
    asset.tags, asset.context, asset.metadata, asset.access_mode, asset.moderation_status,
    asset.moderated_at, asset.visual_search, asset.created_at, asset.updated_at
from library.asset_term as page
join library.asset using (environment_id, asset_id)
where page.environment_id = %(environment_id)s
    and page.resource_type = %(resource_type)s
    and page.kind = %(term_kind)s
    and page.term = %(term)s
    and (page.created_at, page.asset_id)
        > (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by page.created_at, page.asset_id
limit %(limit)s;

-- name: newest_by_folder :many
-- Not what lies in folders below. The slash is the index's, which also serves whole trees.
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s
    and (lower(asset_folder) || '/') = lower(%(asset_folder)s) || '/'
    and (created_at, asset_id) < (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by created_at desc, asset_id desc
limit %(limit)s;

-- name: oldest_by_folder :many
-- Not what lies in folders below. The slash is the index's, which also serves whole trees.
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s
    and (lower(asset_folder) || '/') = lower(%(asset_folder)s) || '/'
    and (created_at, asset_id) > (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by created_at, asset_id
limit %(limit)s;

-- name: newest_by_moderation :many
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and moderation_status = %(moderation_status)s
    and (created_at, asset_id) < (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by created_at desc, asset_id desc
limit %(limit)s;

-- name: oldest_by_moderation :many
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and moderation_status = %(moderation_status)s
    and (created_at, asset_id) > (%(after_created_at)s::timestamptz, %(after_asset_id)s::uuid)
order by created_at, asset_id
limit %(limit)s;

-- name: by_name :many
-- Names from a prefix to before the prefix with the last character there is.
select
    page.asset_id, page.resource_type, page.type, page.public_id, page.version, page.version_id,
    page.format, page.bytes, page.width, page.height, page.pages, page.etag, page.sha256,
    page.asset_folder, page.display_name, page.original_filename, page.tags, page.context,
    page.metadata, page.access_mode, page.moderation_status, page.moderated_at, page.visual_search,
    page.created_at, page.updated_at
from unnest(%(types)s::text[]) as wanted (type)
cross join lateral (
    select
        asset_id, resource_type, type, public_id, version, version_id, format, bytes, width,
        height, pages, etag, sha256, asset_folder, display_name, original_filename, tags, context,
        metadata, access_mode, moderation_status, moderated_at, visual_search, created_at,
        updated_at
    from library.asset
    where environment_id = %(environment_id)s
        and resource_type = %(resource_type)s
        and asset.type = wanted.type
        and public_id collate "C" >= greatest(%(prefix)s::text collate "C", %(after_public_id)s)
        and public_id collate "C" < %(prefix)s || chr(1114111)
        and (public_id collate "C", asset.type) > (%(after_public_id)s, %(after_type)s)
    order by public_id collate "C"
    limit %(limit)s
) as page
order by page.public_id collate "C", page.type
limit %(limit)s;

-- name: by_public_ids :many
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = any(%(types)s::text[])
    and public_id = any(%(public_ids)s::text[])
order by created_at desc, asset_id desc;

-- name: by_asset_ids :many
select
    asset_id, resource_type, type, public_id, version, version_id, format, bytes, width, height,
    pages, etag, sha256, asset_folder, display_name, original_filename, tags, context, metadata,
    access_mode, moderation_status, moderated_at, visual_search, created_at, updated_at
from library.asset
where environment_id = %(environment_id)s and asset_id = any(%(asset_ids)s::uuid[])
order by created_at desc, asset_id desc;

-- name: context_term :one
select library.context_term(%(key)s, %(value)s) as term;

-- name: tags :many
-- Each tag once, by jumping from one to the next in the index instead of reading all assets.
with recursive tag (term) as (
    (
        select term
        from library.asset_term
        where environment_id = %(environment_id)s
            and resource_type = %(resource_type)s
            and kind = 'tag'
            and term >= %(prefix)s
            and term > %(after)s
            and term < %(prefix)s || chr(1114111)
        order by term
        limit 1
    )
    union all
    select (
        select asset_term.term
        from library.asset_term
        where asset_term.environment_id = %(environment_id)s
            and asset_term.resource_type = %(resource_type)s
            and asset_term.kind = 'tag'
            and asset_term.term > tag.term
            and asset_term.term < %(prefix)s || chr(1114111)
        order by asset_term.term
        limit 1
    )
    from tag
    where tag.term is not null
)
select term
from tag
where term is not null
limit %(limit)s;
