-- The parts in braces are composed by app.db.asset_search from constants; what a client wrote is
-- only ever a parameter. Every statement counts or lists the assets of one environment.

-- name: list :many
select {columns}, array[{sort_keys}]::text[] as sort_keys
from library.asset
where environment_id = %(environment_id)s and {predicate} and {after}
order by {order}
limit %(limit)s;

-- name: count :one
select count(*) as total_count
from library.asset
where environment_id = %(environment_id)s and {predicate};

-- name: group :many
select {group}, count(*) as assets
from library.asset
where environment_id = %(environment_id)s and {predicate} and {group} is not null
group by {group}
order by assets desc, {group};

-- name: ranges :one
select array[{counts}]::bigint[] as assets
from library.asset
where environment_id = %(environment_id)s and {predicate};

-- name: limit_time :none
select set_config('statement_timeout', %(milliseconds)s::text, true);
