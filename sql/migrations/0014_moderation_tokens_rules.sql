-- Manual moderation ---------------------------------------------------------------------------

alter table library.asset
    add column moderation_status text,
    add column moderated_at timestamptz,
    add constraint asset_moderation_status_is_known
        check (moderation_status in ('pending', 'approved', 'rejected')),
    add constraint asset_moderation_time_has_a_status
        check (moderated_at is null or moderation_status is not null);

comment on column library.asset.moderation_status is
    'Where it stands in manual moderation; null: it was never to be moderated';
comment on column library.asset.moderated_at is
    'When an update gave it that status; null: it has the one of its upload';

create index asset_by_moderation on library.asset
    (environment_id, resource_type, moderation_status, created_at, asset_id)
where moderation_status is not null;

-- Access tokens -------------------------------------------------------------------------------

create table library.access_token (
    token_id text not null,
    environment_id bigint not null,
    secret_hash bytea not null,
    label text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    constraint access_token_pkey primary key (token_id),
    constraint access_token_environment_exists foreign key (environment_id)
        references library.environment on delete cascade,
    constraint access_token_id_is_not_empty check (token_id <> ''),
    constraint access_token_hash_is_sha256 check (octet_length(secret_hash) = 32)
);

create index access_token_by_environment on library.access_token (environment_id);

comment on table library.access_token is
    'Bearer tokens. Nothing has to be signed with them, so their hashes are enough';
comment on column library.access_token.token_id is
    'The part of the token that may be seen: lists show it, and revoking names it';
comment on column library.access_token.secret_hash is
    'SHA-256 of the secret part; it is random, so that there is nothing to guess and no salt';

-- Related assets ------------------------------------------------------------------------------

create table library.related_asset (
    environment_id bigint not null,
    asset_id uuid not null,
    related_id uuid not null,
    created_at timestamptz not null default now(),
    constraint related_asset_pkey primary key (environment_id, asset_id, related_id),
    constraint related_asset_asset_exists foreign key (environment_id, asset_id)
        references library.asset on delete cascade,
    constraint related_asset_related_exists foreign key (environment_id, related_id)
        references library.asset on delete cascade,
    constraint related_asset_is_another check (asset_id <> related_id)
);

create index related_asset_by_related on library.related_asset (environment_id, related_id);
create index related_asset_in_order on library.related_asset
    (environment_id, asset_id, created_at, related_id);

comment on table library.related_asset is
    'Assets that belong together: one row for each direction, so that both find each other alike';

-- Metadata rules ------------------------------------------------------------------------------

create table library.metadata_rule (
    environment_id bigint not null,
    external_id text not null,
    metadata_field_id text not null,
    name text not null,
    condition jsonb not null,
    result jsonb not null,
    state text not null default 'active',
    position integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    constraint metadata_rule_pkey primary key (environment_id, external_id),
    constraint metadata_rule_field_exists foreign key (environment_id, metadata_field_id)
        references library.metadata_field on delete cascade,
    constraint metadata_rule_id_has_a_length check (length(external_id) between 1 and 255),
    constraint metadata_rule_name_has_a_length check (length(name) between 1 and 255),
    constraint metadata_rule_condition_is_an_object check (jsonb_typeof(condition) = 'object'),
    constraint metadata_rule_result_is_an_object check (jsonb_typeof(result) = 'object'),
    constraint metadata_rule_state_is_known check (state in ('active', 'inactive'))
);

create index metadata_rule_by_field on library.metadata_rule (environment_id, metadata_field_id);

comment on table library.metadata_rule is
    'Conditional metadata: what a field may and must have, given the values of others';
comment on column library.metadata_rule.metadata_field_id is 'The external_id of the field it is about';
comment on column library.metadata_rule.position is 'Later ones overrule; among equals the newer';
