-- name: add :one
insert into library.notification (environment_id, url, body, api_key, algorithm)
values (%(environment_id)s, %(url)s, %(body)s, %(api_key)s, %(algorithm)s)
returning notification_id;

-- name: change_body :one
-- Nothing comes back when it was sent, or tried, meanwhile.
update library.notification
set body = %(body)s
where environment_id = %(environment_id)s
    and notification_id = %(notification_id)s
    and attempts = 0
returning notification_id;

-- name: find :one
select cloud_name, url, body::text as body, api_key, algorithm, attempts
from library.notification
join library.environment using (environment_id)
where environment_id = %(environment_id)s and notification_id = %(notification_id)s;

-- name: fail :none
update library.notification
set attempts = attempts + 1, reason = %(reason)s
where environment_id = %(environment_id)s and notification_id = %(notification_id)s;

-- name: delete :none
delete from library.notification
where environment_id = %(environment_id)s and notification_id = %(notification_id)s;

-- name: delete_old :none
delete from library.notification
where created_at < now() - make_interval(secs => %(age)s);
