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
