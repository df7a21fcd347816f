-- name: find :one
select rendition_id, transformation, format, width, height, bytes, etag, created_at
from library.rendition
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and transformation = %(transformation)s
    and format = %(format)s;

-- name: list :many
-- Oldest first, so that those of an upload lead.
select rendition_id, transformation, format, width, height, bytes, etag, created_at
from library.rendition
where environment_id = %(environment_id)s and asset_id = %(asset_id)s
order by created_at, rendition_id;

-- name: read :one
-- A slice; positions count from 1. Nothing when it is gone: the asset was overwritten meanwhile.
select substring(data from %(start)s for %(length)s) as data
from library.rendition
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and rendition_id = %(rendition_id)s;

-- name: lock_asset :none
-- Claiming and storing for one asset happen one after another, until the transaction's end.
select pg_advisory_xact_lock(
    hashtextextended('rendition ' || %(asset_id)s::text, %(environment_id)s)
);

-- name: forget_expired_claims :none
delete from library.rendition_claim
where environment_id = %(environment_id)s and asset_id = %(asset_id)s and expires_at < now();

-- name: count_of_asset :one
-- Those being built are counted too, or many at once would exceed the limit.
select
    (
        select count(*)
        from library.rendition
        where environment_id = %(environment_id)s and asset_id = %(asset_id)s
    ) + (
        select count(*)
        from library.rendition_claim
        where environment_id = %(environment_id)s and asset_id = %(asset_id)s
    ) as renditions;

-- name: claim :one
-- Nothing comes back when it is built or being built.
insert into library.rendition_claim (
    environment_id, asset_id, transformation, format, token, expires_at
)
select
    %(environment_id)s, %(asset_id)s, %(transformation)s, %(format)s, %(token)s,
    now() + make_interval(secs => %(lease)s)
where not exists (
    select
    from library.rendition
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and transformation = %(transformation)s
        and format = %(format)s
)
on conflict do nothing
returning token;

-- name: release :none
delete from library.rendition_claim
where environment_id = %(environment_id)s
    and asset_id = %(asset_id)s
    and transformation = %(transformation)s
    and format = %(format)s
    and token = %(token)s;

-- name: store :one
-- Nothing is stored when the asset was overwritten meanwhile. `for share` waits for an overwriting
-- that is under way: it would not see, and so not delete, a row that comes after it.
with source as materialized (
    select environment_id, asset_id
    from library.asset
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and sha256 = %(sha256)s
    for share
)
insert into library.rendition (
    environment_id, asset_id, transformation, format, width, height, bytes, etag, data
)
select
    environment_id, asset_id, %(transformation)s, %(format)s, %(width)s, %(height)s, %(bytes)s,
    %(etag)s, %(data)s
from source
on conflict do nothing
returning rendition_id;

-- name: forget :none
delete from library.rendition
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: usage :one
select count(*) as renditions, coalesce(sum(bytes), 0)::bigint as bytes
from library.rendition
where environment_id = %(environment_id)s;

-- name: existing_names :many
-- Which of the names that a delivery URL may mean there are.
select public_id
from library.asset
where environment_id = %(environment_id)s
    and resource_type = %(resource_type)s
    and type = %(type)s
    and public_id = any(%(names)s);
