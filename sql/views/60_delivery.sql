create view report.rendition_use as
select
    environment.cloud_name,
    made.transformation,
    made.format,
    made.renditions,
    made.bytes::bigint,
    (made.bytes / made.renditions)::bigint as average_bytes,
    made.last_at
from (
    select
        rendition.environment_id,
        rendition.transformation,
        rendition.format,
        count(*) as renditions,
        sum(rendition.bytes) as bytes,
        max(rendition.created_at) as last_at
    from library.rendition
    group by rendition.environment_id, rendition.transformation, rendition.format
) as made
join library.environment using (environment_id)
order by environment.cloud_name, made.bytes desc, made.transformation, made.format;

comment on view report.rendition_use is 'Cached renditions by transformation, those that take most room first';
comment on column report.rendition_use.transformation is 'In canonical form; empty for a mere conversion';
comment on column report.rendition_use.renditions is 'How many assets have it';
comment on column report.rendition_use.last_at is 'When the last of them was made';

create view report.traffic_by_day as
select
    environment.cloud_name,
    counted.day,
    sum(counted.deliveries)::bigint as deliveries,
    sum(counted.bytes)::bigint as delivered_bytes,
    sum(counted.calls)::bigint as admin_calls
from (
    select
        traffic.environment_id,
        (traffic.hour at time zone 'UTC')::date as day,
        traffic.deliveries,
        traffic.bytes,
        0 as calls
    from library.traffic
    union all
    select
        admin_call.environment_id,
        (admin_call.hour at time zone 'UTC')::date,
        0,
        0,
        admin_call.calls
    from library.admin_call
) as counted
join library.environment using (environment_id)
group by environment.cloud_name, counted.day
order by environment.cloud_name, counted.day desc;

comment on view report.traffic_by_day is
    'Files that were delivered, and calls of the Admin API; a crash of the database forgets them';
comment on column report.traffic_by_day.day is 'In UTC, the newest first';
comment on column report.traffic_by_day.deliveries is 'Answers with a file';
comment on column report.traffic_by_day.delivered_bytes is 'As these answers announced them';
comment on column report.traffic_by_day.admin_calls is 'Those that the hourly limit refused, too';

-- The host alone: what follows it in the URL of a webhook is often its secret.
create view report.webhook_failures as
select
    environment.cloud_name,
    notification.created_at,
    substring(notification.url from '^[^:]+://(?:[^/@]*@)?([^/?#:]+)') as host,
    notification.body ->> 'notification_type' as notification_type,
    notification.body ->> 'public_id' as public_id,
    notification.attempts,
    notification.reason
from library.notification
join library.environment using (environment_id)
where notification.attempts > 0
order by notification.created_at desc, notification.notification_id desc;

comment on view report.webhook_failures is
    'Webhooks that no receiver took yet, the newest first; they are kept for a week';
comment on column report.webhook_failures.created_at is 'When what it tells of happened';
comment on column report.webhook_failures.host is 'Where it is sent';
comment on column report.webhook_failures.notification_type is 'upload, rename, delete, …';
comment on column report.webhook_failures.public_id is 'Of the asset, if it is about one';
comment on column report.webhook_failures.attempts is 'How often it was sent in vain';
comment on column report.webhook_failures.reason is 'What the last attempt ran into';
