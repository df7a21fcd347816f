-- name: count :one
-- One more call in this hour. A single statement, so that no two calls get the same number.
insert into library.admin_call (environment_id, hour)
values (%(environment_id)s, date_trunc('hour', now(), 'UTC'))
on conflict (environment_id, hour) do update
set calls = admin_call.calls + 1
returning calls, hour + interval '1 hour' as resets_at;
