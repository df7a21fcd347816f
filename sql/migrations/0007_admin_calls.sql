-- Unlogged, since a counter of one hour is not worth a write to disk with every call: a crash of
-- the database forgets it.

create unlogged table library.admin_call (
    environment_id bigint not null,
    hour timestamptz not null,
    calls bigint not null default 1,
    constraint admin_call_pkey primary key (environment_id, hour),
    constraint admin_call_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint admin_call_hour_is_whole check (hour = date_trunc('hour', hour, 'UTC')),
    constraint admin_call_is_counted check (calls > 0)
);

comment on table library.admin_call is
    'How many Admin API calls each environment made in an hour: the rate limit and the usage report';
comment on column library.admin_call.calls is 'Those beyond the limit, which were refused, too';

create unlogged table library.traffic (
    environment_id bigint not null,
    hour timestamptz not null,
    deliveries bigint not null,
    bytes bigint not null,
    constraint traffic_pkey primary key (environment_id, hour),
    constraint traffic_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint traffic_hour_is_whole check (hour = date_trunc('hour', hour, 'UTC')),
    constraint traffic_is_counted check (deliveries > 0 and bytes >= 0)
);

comment on table library.traffic is
    'How many files were delivered for each environment in an hour, and their bytes: for the usage report';
comment on column library.traffic.bytes is
    'As the answers announced them; of a client that hung up, those too that it did not take';
