-- name: report :one
-- What the environment held at the end of a time span, and what happened in it.
select
    held.resources, held.bytes + kept.bytes as bytes,
    derived.renditions, derived.rendition_bytes, derived.made,
    (
        select coalesce(sum(calls), 0)::bigint
        from library.admin_call
        where environment_id = %(environment_id)s and hour >= %(since)s and hour < %(until)s
    ) as calls,
    delivered.deliveries, delivered.delivered_bytes
from (
    select count(*) as resources, coalesce(sum(bytes), 0)::bigint as bytes
    from library.asset
    where environment_id = %(environment_id)s and created_at < %(until)s
) as held
cross join (
    select coalesce(sum(bytes), 0)::bigint as bytes
    from library.backup
    where environment_id = %(environment_id)s and kept_at < %(until)s
) as kept
cross join (
    select
        count(*) as renditions,
        coalesce(sum(bytes), 0)::bigint as rendition_bytes,
        count(*) filter (where created_at >= %(since)s) as made
    from library.rendition
    where environment_id = %(environment_id)s and created_at < %(until)s
) as derived
cross join (
    select
        coalesce(sum(deliveries), 0)::bigint as deliveries,
        coalesce(sum(bytes), 0)::bigint as delivered_bytes
    from library.traffic
    where environment_id = %(environment_id)s and hour >= %(since)s and hour < %(until)s
) as delivered;
