-- name: active :one
select model_id, name, fingerprint, dimension
from library.model
where state = 'active';

-- name: next :one
select model_id, name, fingerprint, dimension
from library.model
where state = 'next';

-- name: register :one
insert into library.model (name, fingerprint, dimension, state)
values (%(name)s, %(fingerprint)s, %(dimension)s, 'retired')
on conflict (name, fingerprint) do update
set dimension = excluded.dimension
returning model_id, name, fingerprint, dimension;

-- name: lock :none
-- One change of model at a time.
select pg_advisory_xact_lock(7417204);

-- name: activate :none
update library.model
set state = 'active', activated_at = now()
where model_id = %(model_id)s;

-- name: retire :none
update library.model
set state = 'retired'
where model_id = %(model_id)s;

-- name: prepare :none
update library.model
set state = 'next'
where model_id = %(model_id)s;

-- name: remake_next_table :none
select library.remake_next_table(%(dimension)s);

-- name: swap :none
select library.swap_embedding_tables();

-- name: regroup :none
-- Near-duplicates are a matter of the model: under the next one every image is looked at anew. Their
-- groups stay in force until then. Before the swap, which keeps searches out while it lasts.
insert into library.ungrouped as waiting (environment_id, asset_id, created_at)
select embedding_next.environment_id, embedding_next.asset_id, asset.created_at
from library.embedding_next
join library.asset using (environment_id, asset_id)
order by embedding_next.environment_id, embedding_next.asset_id
on conflict (environment_id, asset_id) do update
set created_at = excluded.created_at;

-- name: store_in_next :none
-- An image that was deleted or overwritten meanwhile is left to the queue.
insert into library.embedding_next (environment_id, asset_id, vector)
select environment_id, asset_id, %(vector)b
from library.asset
where environment_id = %(environment_id)s and asset_id = %(asset_id)s and sha256 = %(sha256)s
for share
on conflict (environment_id, asset_id) do update
set vector = excluded.vector;

-- name: queue_missing :none
-- Whatever the new active model has not embedded waits for a worker, as every image must.
insert into library.indexing (environment_id, asset_id)
select asset.environment_id, asset.asset_id
from library.asset
where asset.visual_search
    and not exists (
        select
        from library.embedding
        where embedding.environment_id = asset.environment_id and embedding.asset_id = asset.asset_id
    )
on conflict (environment_id, asset_id) do nothing;

-- name: count_missing_in_next :one
select count(*) as missing
from library.embedding
left join library.embedding_next using (environment_id, asset_id)
where embedding_next.asset_id is null;

-- name: missing_in_next :many
-- Images that the next model has not embedded yet, a batch at a time.
select asset.environment_id, asset.asset_id, asset.sha256, asset.bytes
from library.asset
where asset.visual_search
    and (asset.environment_id, asset.asset_id) > (%(after_environment_id)s, %(after_asset_id)s)
    and exists (
        select
        from library.embedding
        where embedding.environment_id = asset.environment_id and embedding.asset_id = asset.asset_id
    )
    and not exists (
        select
        from library.embedding_next
        where embedding_next.environment_id = asset.environment_id
            and embedding_next.asset_id = asset.asset_id
    )
order by asset.environment_id, asset.asset_id
limit %(limit)s;
