-- What the sign-in of the Media Library page needs: a memory of failures.

-- Unlogged: a crash lets somebody try again a little earlier.
create unlogged table library.sign_in_failure (
    subject text not null,
    failures integer not null default 1,
    failed_at timestamptz not null default now(),
    locked_until timestamptz,
    constraint sign_in_failure_pkey primary key (subject),
    constraint sign_in_failure_subject_is_short check (length(subject) <= 200)
);

create index sign_in_failure_by_time on library.sign_in_failure (failed_at);

comment on table library.sign_in_failure is
    'Failed sign-ins at the page by what they have in common, and until when it may not try again';
comment on column library.sign_in_failure.subject is
    'An address, or an address with an API key; never a key alone, or anybody could lock it';
