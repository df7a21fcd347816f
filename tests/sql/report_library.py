"""A library small enough to count by hand. What the reports say of it stands in test_reports.py."""

from datetime import UTC, datetime
from uuid import UUID

from tests.sql.conftest import Sql, use_dimension

ASSETS = """
    insert into library.asset (
        environment_id, asset_id, public_id, resource_type, type, format, bytes, width, height,
        asset_folder, tags, metadata, visual_search, source, created_by, upload_preset, created_at,
        version, display_name, etag, sha256
    )
    select
        environment_id, asset_id::uuid, public_id, resource_type, type, format, bytes, 40, 30,
        asset_folder, tags::text[], metadata::jsonb, visual_search, source, created_by,
        upload_preset, created_at::timestamptz,
        extract(epoch from created_at::timestamptz), public_id, md5(public_id), sha256('x')
    from (values
        (1, 'a1', 'image', 'upload', 'jpg', 1000, 'shoes/red', '{sale,red}',
            '{"sku": 1, "colour": "red"}', true, 'api', '111', 'photos', '2024-01-10 12:00Z'),
        (1, 'a2', 'image', 'upload', 'jpg', 3000, 'shoes/red', '{sale}',
            '{}', true, 'api', null, 'photos', '2024-01-20 12:00Z'),
        (1, 'a3', 'image', 'private', 'png', 500, 'shoes', '{}',
            '{}', true, 'import', null, null, '2024-02-01 12:00Z'),
        (1, 'a4', 'image', 'upload', 'png', 700, '', '{}',
            '{"sku": 2}', true, 'library', '112', null, '2024-02-29 23:30Z'),
        (1, 'a5', 'image', 'upload', 'gif', 200, '', '{red}',
            '{}', false, 'api', '111', null, '2024-03-01 00:30Z'),
        (1, 'a6', 'raw', 'upload', null, 50, '', '{sale}',
            '{}', false, 'api', '111', null, '2024-03-02 12:00Z'),
        (1, 'a7', 'image', 'upload', 'jpg', 4000, 'shoes/red', '{}',
            '{}', true, 'api', '111', 'photos', '2024-03-03 12:00Z'),
        (2, 'b1', 'image', 'upload', 'webp', 900, '', '{}',
            '{}', true, 'api', null, null, '2024-03-05 12:00Z'),
        (2, 'b2', 'image', 'upload', 'webp', 100, '', '{}',
            '{}', true, 'api', null, null, '2024-03-06 12:00Z')
    ) as row (
        environment_id, public_id, resource_type, type, format, bytes, asset_folder, tags, metadata,
        visual_search, source, created_by, upload_preset, created_at
    )
    cross join lateral (
        select '00000000-0000-0000-0000-0000000000' || public_id as asset_id
    ) as identified
"""

REST = """
    insert into library.embedding (environment_id, asset_id, vector)
    select environment_id, asset_id, '[1,0,0,0,0,0,0,0]'
    from library.asset
    where public_id in ('a1', 'a2', 'a7', 'b1');

    insert into library.indexing (
        environment_id, asset_id, state, attempts, reason, next_try_at, claimed_until, created_at
    )
    select
        asset.environment_id, asset.asset_id, state, attempts, reason, '2024-03-04 00:10Z',
        claimed_until::timestamptz, '2024-03-04 00:00Z'
    from (values
        ('a3', 'pending', 1, 'The encoder failed', '2024-03-04 00:05Z'),
        ('a4', 'failed', 3, 'Invalid image file', null),
        ('b2', 'pending', 0, null, 'infinity')
    ) as waiting (public_id, state, attempts, reason, claimed_until)
    join library.asset using (public_id);

    insert into library.folder (environment_id, path) values (1, 'archive');
    insert into library.rendition (
        environment_id, asset_id, transformation, format, width, height, data, bytes, etag,
        created_at
    )
    select
        environment_id, asset_id, transformation, made.format, 10, 10, 'x', made.bytes, md5(''),
        made.created_at::timestamptz
    from (values
        ('a1', 'c_fill,h_10,w_10', 'webp', 30, '2024-03-07 12:00Z'),
        ('a2', 'c_fill,h_10,w_10', 'webp', 51, '2024-03-08 12:00Z'),
        ('a1', '', 'png', 20, '2024-03-09 12:00Z')
    ) as made (public_id, transformation, format, bytes, created_at)
    join library.asset using (public_id);

    insert into library.search_event (
        environment_id, searched_at, kind, query, continued, filtered, mode, complete, candidates,
        returned, best_score, best_match, encode_ms, rank_ms, hits
    )
    select
        environment_id, searched_at::timestamptz, kind, query, continued, filtered, mode, complete,
        3, cardinality(hits), score, match, encode_ms, rank_ms,
        array(
            select ('00000000-0000-0000-0000-0000000000' || hit)::uuid
            from unnest(hits) with ordinality as page (hit, place)
            order by place
        )
    from (values
        (1, '2024-03-10 10:00Z', 'text', 'Red shoes', false, false, 'exact', true,
            0.9, 'similar', 10, 2, array['a1', 'a2']),
        (1, '2024-03-10 11:00Z', 'text', ' red SHOES', false, true, 'exact', true,
            0.8, 'related', 20, 4, array['a2', 'a1']),
        (1, '2024-03-10 11:01Z', 'text', 'red shoes', true, false, 'exact', true,
            null, null, 0, 6, array[]::text[]),
        (1, '2024-03-10 12:00Z', 'text', 'unicorn', false, false, 'exact', true,
            0.1, 'weak', 30, 8, array['a1', 'a2']),
        (1, '2024-03-11 00:10Z', 'text', 'Unicorn', false, true, 'exact', true,
            null, null, 5, 1, array[]::text[]),
        (1, '2024-03-11 01:00Z', 'image_asset_id', repeat('0', 30) || 'a1', false, false,
            'exact', true, 1.0, 'same', 1, 1, array['a1']),
        (1, '2024-03-11 12:00Z', 'image_asset_id', repeat('0', 30) || 'a1', false, false,
            'exact', true, 1.0, 'same', 3, 1, array['a1']),
        (1, '2024-03-11 12:30Z', 'image_file', null, false, false, 'approximate', false,
            0.6, 'related', 100, 10, array['a1']),
        (2, '2024-03-11 13:00Z', 'text', 'tree', false, false, 'exact', true,
            0.5, 'similar', 10, 10, array['b1'])
    ) as event (
        environment_id, searched_at, kind, query, continued, filtered, mode, complete, score, match,
        encode_ms, rank_ms, hits
    );

    insert into library.traffic (environment_id, hour, deliveries, bytes) values
        (1, '2024-03-10 00:00Z', 5, 500),
        (1, '2024-03-10 23:00Z', 7, 700),
        (1, '2024-03-11 00:00Z', 1, 10);
    insert into library.admin_call (environment_id, hour, calls)
    values (1, '2024-03-10 05:00Z', 9);

    insert into library.notification (
        environment_id, url, body, attempts, reason, created_at
    ) values
        (1, 'https://user:secret-word@hooks.example.com:8443/secret-word?x=1',
            '{"notification_type": "upload", "public_id": "a1"}', 2, 'status 500',
            '2024-03-10 10:00Z'),
        (1, 'https://hooks.example.com/', '{}', 0, null, '2024-03-10 11:00Z');

    insert into library.model (name, fingerprint, dimension, state, created_at, activated_at) values
        ('old', 'f1', 8, 'retired', '2024-01-01 12:00Z', '2024-01-02 12:00Z'),
        ('now', 'f2', 8, 'active', '2024-01-03 12:00Z', '2024-01-04 12:00Z'),
        ('soon', 'f3', 8, 'next', '2024-01-05 12:00Z', null);
    insert into library.query_vector (model_id, query, vector) values
        (2, 'a', '[1,0,0,0,0,0,0,0]'), (2, 'b', '[1,0,0,0,0,0,0,0]');
"""

ACCOUNTS = """
    insert into library.environment (cloud_name, visual_search, library_preset) values
        ('shop', true, 'photos'), ('blog', false, null);
    insert into library.api_key (api_key, environment_id, encrypted_secret, label) values
        ('111', 1, 'secret-word', 'CI'), ('112', 1, 'secret-word', 'page');
    insert into library.upload_preset (
        environment_id, name, "unsigned", settings, updated_at
    ) values
        (1, 'photos', true, '{"notification_url": "secret-word"}', '2024-01-01 12:00Z'),
        (1, 'unused', false, '{}', '2024-01-02 12:00Z');
    insert into library.metadata_field (
        environment_id, external_id, type, label, mandatory, position, deleted_at
    ) values
        (1, 'sku', 'integer', 'SKU', true, 1, null),
        (1, 'colour', 'string', 'Colour', false, 2, null),
        (1, 'gone', 'string', 'Gone', false, 3, now());
"""


def fill(sql: Sql) -> None:
    """Puts the library into an empty database."""
    use_dimension(sql, 8)
    with sql.transaction():
        for statements in (ACCOUNTS, ASSETS, REST):
            sql.execute(statements)


def asset_id(public_id: str) -> UUID:
    """The id of an asset of the library."""
    return UUID(f"{'0' * 30}{public_id}")


def at(text: str) -> datetime:
    """A time of 2024 in UTC, as `03-11 12:00`."""
    return datetime.strptime(f"2024-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
