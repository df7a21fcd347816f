-- name: find :one
-- The key with its environment, whatever cloud was asked for: the caller tells a wrong key from a
-- wrong cloud.
select
    api_key.api_key, api_key.encrypted_secret, api_key.enabled,
    environment.environment_id, environment.cloud_name, environment.visual_search,
    environment.library_preset, environment.api_preset, environment.created_at
from library.api_key
join library.environment using (environment_id)
where api_key.api_key = %(api_key)s;

-- name: list :many
-- Oldest first: the first enabled one signs what the server itself has to sign.
select api_key, encrypted_secret, label, enabled, created_at
from library.api_key
where environment_id = %(environment_id)s
order by created_at, api_key;

-- name: add :one
insert into library.api_key (api_key, environment_id, encrypted_secret, label)
values (%(api_key)s, %(environment_id)s, %(encrypted_secret)s, %(label)s)
on conflict (api_key) do nothing
returning api_key;

-- name: revoke :one
update library.api_key
set enabled = false
where environment_id = %(environment_id)s and api_key = %(api_key)s and enabled
returning api_key;
