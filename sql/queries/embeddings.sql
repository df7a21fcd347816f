-- name: want :none
-- The image asked to be indexed. Whoever stores it embeds it at once, so workers leave it alone for
-- `lease` seconds; if that process dies, they take it then.
insert into library.indexing (environment_id, asset_id, claimed_until)
values (%(environment_id)s, %(asset_id)s, now() + make_interval(secs => %(lease)s))
on conflict (environment_id, asset_id) do update
set
    state = 'pending',
    attempts = 0,
    reason = null,
    next_try_at = now(),
    claimed_until = excluded.claimed_until;

-- name: forget :none
-- The image is not what it was, or is not to be found any more, by no model.
with forgotten as (
    delete from library.embedding_next
    where environment_id = %(environment_id)s and asset_id = %(asset_id)s
)
delete from library.embedding
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: unwant :none
delete from library.indexing
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: exists :one
select exists (
    select
    from library.embedding
    where environment_id = %(environment_id)s and asset_id = %(asset_id)s
) as found;

-- name: store :one
-- Refused, by storing nothing, when the image was overwritten meanwhile or the model is not the
-- active one any more. The share lock makes an overwriting upload wait until this is committed.
--
-- The vector comes from a CTE of its own, or it would be forced into the dimension of the column
-- before anything else is looked at: a vector of another model is no error, it is refused.
with given as materialized (
    select %(vector)b::halfvec as vector
), image as (
    select environment_id, asset_id
    from library.asset
    where environment_id = %(environment_id)s
        and asset_id = %(asset_id)s
        and sha256 = %(sha256)s
        and visual_search
        and exists (
            select from library.model where model_id = %(model_id)s and state = 'active'
        )
    for share
), stored as (
    insert into library.embedding (environment_id, asset_id, vector)
    select image.environment_id, image.asset_id, given.vector
    from image
    cross join given
    on conflict (environment_id, asset_id) do update
    set vector = excluded.vector
    returning environment_id, asset_id
), done as (
    delete from library.indexing
    using stored
    where indexing.environment_id = stored.environment_id and indexing.asset_id = stored.asset_id
)
select count(*) as stored from stored;

-- name: claim :many
-- Images that lack an embedding, each given to one worker for `lease` seconds.
update library.indexing
set claimed_until = now() + make_interval(secs => %(lease)s), attempts = indexing.attempts + 1
from library.asset
where (indexing.environment_id, indexing.asset_id) in (
        select waiting.environment_id, waiting.asset_id
        from library.indexing as waiting
        join library.environment using (environment_id)
        where waiting.state = 'pending'
            and waiting.next_try_at <= now()
            and (waiting.claimed_until is null or waiting.claimed_until < now())
            and environment.visual_search
        order by waiting.next_try_at
        limit %(limit)s
        for update of waiting skip locked
    )
    and asset.environment_id = indexing.environment_id
    and asset.asset_id = indexing.asset_id
returning
    indexing.environment_id, indexing.asset_id, asset.sha256, asset.bytes, indexing.attempts;

-- name: release :none
-- Not done, for no fault of the image: it was no attempt, and the next worker may try at once.
update library.indexing
set claimed_until = null, attempts = greatest(0, attempts - 1)
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: fail :none
-- Tried again after 30 seconds, 1, 2, 4 … minutes; after the last attempt it stays failed, with its
-- reason, until somebody asks for it again.
update library.indexing
set
    state = case when %(final)s or attempts >= %(most_attempts)s then 'failed' else 'pending' end,
    reason = %(reason)s,
    next_try_at = now() + make_interval(secs => 30 * power(2, least(attempts, 12) - 1)),
    claimed_until = null
where environment_id = %(environment_id)s and asset_id = %(asset_id)s;

-- name: count_waiting :one
select count(*) as waiting
from library.indexing
join library.environment using (environment_id)
where indexing.state = 'pending' and environment.visual_search;

-- name: vector_of :one
select search.vector_of(%(environment_id)s, %(asset_id)s) as vector;
