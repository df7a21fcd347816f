-- name: find :one
-- The token with its environment, whatever cloud was asked for, like an API key.
select
    access_token.token_id, access_token.secret_hash, access_token.label,
    environment.environment_id, environment.cloud_name, environment.visual_search,
    environment.library_preset, environment.api_preset, environment.created_at
from library.access_token
join library.environment using (environment_id)
where access_token.token_id = %(token_id)s;

-- name: list :many
select token_id, label, created_at
from library.access_token
where environment_id = %(environment_id)s
order by created_at, token_id;

-- name: add :one
insert into library.access_token (token_id, environment_id, secret_hash, label)
values (%(token_id)s, %(environment_id)s, %(secret_hash)s, %(label)s)
returning token_id, label, created_at;

-- name: revoke :one
delete from library.access_token
where environment_id = %(environment_id)s and token_id = %(token_id)s
returning token_id, label, created_at;
