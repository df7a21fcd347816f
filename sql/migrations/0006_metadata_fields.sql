create table library.metadata_field (
    environment_id bigint not null,
    external_id text not null,
    type text not null,
    label text not null,
    mandatory boolean not null default false,
    default_value jsonb,
    default_disabled boolean not null default false,
    validation jsonb,
    restrictions jsonb,
    allow_dynamic_list_values boolean not null default false,
    position integer not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    deleted_at timestamptz,
    constraint metadata_field_pkey primary key (environment_id, external_id),
    constraint metadata_field_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint metadata_field_id_has_a_length check (length(external_id) between 1 and 255),
    constraint metadata_field_label_has_a_length check (length(label) between 1 and 255),
    constraint metadata_field_type_is_known
        check (type in ('string', 'integer', 'date', 'enum', 'set'))
);

create index metadata_field_in_order on library.metadata_field (environment_id, position, external_id)
where deleted_at is null;

comment on table library.metadata_field is 'Structured metadata: what may stand in asset.metadata';
comment on column library.metadata_field.default_value is
    'As assets hold it: what a new asset gets that brings no value of its own';
comment on column library.metadata_field.default_disabled is
    'New assets do not get the default; of a mandatory field they have to bring a value';
comment on column library.metadata_field.validation is
    'A rule: greater_than, less_than, strlen, or several of them joined by and';
comment on column library.metadata_field.restrictions is 'For user interfaces; kept as it was sent';
comment on column library.metadata_field.allow_dynamic_list_values is
    'For user interfaces; the API adds values to a datasource only where it is asked to';
comment on column library.metadata_field.deleted_at is
    'A deleted field is kept without values, since its external_id must not get another meaning';

create table library.metadata_entry (
    environment_id bigint not null,
    field_id text not null,
    external_id text not null,
    value text not null,
    state text not null default 'active',
    position integer not null,
    constraint metadata_entry_pkey primary key (environment_id, field_id, external_id),
    constraint metadata_entry_field_exists foreign key (environment_id, field_id)
        references library.metadata_field on delete cascade,
    constraint metadata_entry_id_has_a_length check (length(external_id) between 1 and 255),
    constraint metadata_entry_state_is_known check (state in ('active', 'inactive'))
);

comment on table library.metadata_entry is 'The datasources of enums and sets: the values they may take';
comment on column library.metadata_entry.field_id is 'The external_id of the field';
comment on column library.metadata_entry.external_id is 'What assets hold';
comment on column library.metadata_entry.value is 'What people read';
comment on column library.metadata_entry.state is
    'A deleted entry is inactive: assets keep it, none gets it, and it can be restored';
