-- Webhooks. The jobs that send them are procrastinate's.

create table library.notification (
    environment_id bigint not null,
    notification_id bigint generated always as identity,
    url text not null,
    body json not null,
    api_key text,
    algorithm text not null default 'sha1',
    attempts integer not null default 0,
    reason text,
    created_at timestamptz not null default now(),
    constraint notification_pkey primary key (environment_id, notification_id),
    constraint notification_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint notification_body_is_an_object check (json_typeof(body) = 'object'),
    constraint notification_algorithm_is_known check (algorithm in ('sha1', 'sha256'))
);

create index notification_by_age on library.notification (created_at);

comment on table library.notification is
    'Webhooks that are to be sent, and for a week those that no receiver took, with the reason';
comment on column library.notification.api_key is
    'Whose secret signs it; null, or a key that is gone: the first of the environment';
comment on column library.notification.attempts is 'How often it was sent in vain';
