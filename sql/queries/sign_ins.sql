-- name: seconds_locked :one
select coalesce(ceil(max(extract(epoch from locked_until - now()))), 0)::integer as seconds
from library.sign_in_failure
where subject = any(%(subjects)s) and locked_until > now();

-- name: note_failure :none
-- The first four are free; the fifth locks for a minute, each further one twice as long, up to 16.
-- What is older than a day does not count.
with expired as (
    delete from library.sign_in_failure
    where failed_at < now() - interval '1 day' and subject <> all(%(subjects)s)
)
insert into library.sign_in_failure as known (subject)
select unnest(%(subjects)s::text[])
on conflict (subject) do update
set
    failures = case
        when known.failed_at < now() - interval '1 day' then 1
        else known.failures + 1
    end,
    failed_at = now(),
    locked_until = case
        when known.failures >= 4 and known.failed_at >= now() - interval '1 day'
        then now() + make_interval(mins => power(2, least(known.failures - 4, 4))::integer)
    end;

-- name: forget :none
delete from library.sign_in_failure
where subject = any(%(subjects)s);
