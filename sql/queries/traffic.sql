-- name: add :none
-- Deliveries of the last moment, by cloud name; those of unknown names belong to nobody.
insert into library.traffic (environment_id, hour, deliveries, bytes)
select
    environment.environment_id, date_trunc('hour', now(), 'UTC'), delivered.deliveries, delivered.bytes
from unnest(%(clouds)s::text[], %(deliveries)s::bigint[], %(bytes)s::bigint[])
    as delivered (cloud_name, deliveries, bytes)
join library.environment using (cloud_name)
-- Two processes that write the same rows do so in the same order.
order by environment.environment_id
on conflict (environment_id, hour) do update
set deliveries = traffic.deliveries + excluded.deliveries, bytes = traffic.bytes + excluded.bytes;
