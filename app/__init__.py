"""Hongqun (红群): from events of group chats and shops to numbers that a brand can trust.

     bot, shop, importer                                                operator
            |                                                               ^
            v                                                               |
     1 ingest --> event, pending_event --> 2 projection --> facts           |
       verify, decode,                       one batch,       groups, memberships, messages,
       commit, 202                           set-based        notes, lives, orders, identities
                                                                |           |
                 dirty_customer, dirty_sum --> 3 derive --> credits, purchases, joinings, sums
                                                                |
                                                             4 metrics --> answers
                                                                |
            stale_period (closed days that changed) --> kept --> kept_number, kept_revision

Stages meet only in tables. Who writes what:

    ingest       event_identity, event, pending_event (insert), dead_letter, oversized_intake
    projection   every fact table (models/chat, content, shop, people), horizon, dirty_customer and
                 dirty_sum (insert); takes from pending_event
    derive       by customer order_credit, refund_credit, purchase_day, joining, customer; the sums
                 sale_sum, purchase_sum, group_sum, live_sum; dirty_sum, stale_period (insert),
                 rebuild, rederived, verification; takes from dirty_customer, dirty_sum
    kept         kept_number, kept_revision, metric_alarm, alarm_firing; takes from stale_period,
                 and inserts when a time zone comes back
    sheets       sheet_import, sheet_chunk, sheet_problem; its rows go in by ingest
    exports      export, and files; asks for runs and works on them
    moves        departed_brand; restores by crm and ingest, and deletes from every table
    crm          brand, api_key, webhook_source, calendar, idempotent_request, rfm_cut,
                 dirty_brand (insert); operator, operator_session, login_attempt, login_address;
                 audit_head, audit_entry;
                 identity_merge, identity_dismissal, tag_group, tag, tagging, remark, task; by way
                 of projection identity and its marks, while it holds the brand's lease;
                 segment, segment_member, segment_change; takes from dirty_segment, in which
                 projection, derive and crm insert whom a change touches
    personal     tombstone, erasure, upkeep; an erasure renames ids in every table (places.py), and
                 texts and payloads are emptied by the clock, those of detached events too
    outbound     webhook_endpoint, webhook_message, webhook_delivery, webhook_attempt; messages are
                 told in the transaction of what they tell of
    core         work_lease (lease), schedule (schedule), brand_secret and encryption_key
                 (brand_secret)

Facts are functions of the set of events (identities also of operators' merges); derived rows are
functions of the facts and settings.
PostgreSQL is the only truth: Redis carries wake-ups, and losing it loses nothing.

Rooms, and imports go down only:

    cli, main          the commands; the web application on one page      (workers/ stands above)
    api                one file a noun: answer, handler
    demo               the sample brand
    embedded           PostgreSQL and Redis from packages, for `up`, `demo` and the tests
    supervisor         keeps processes up
    auth               key or session -> brand, actor, scopes
    exports            the files of a week, window, list or segment: read in one snapshot, compared
                       with the revision before, written, published
    lists              one file a noun: filters, orders, rows, words searched; parameters, as routes
                       and exports take them
    kept               the numbers of closed periods, kept and revised; alarms of them
    moves              a brand as a file and back, and away
    sheets             CSV and XLSX files, whose rows become events
    personal           phones found, a person's document, erasure, retention
    outbound           webhooks to others: told, signed, sent, tried again
    crm                what operators write: brands, keys, sources, merges, tags, remarks, tasks,
                       segments; who they are; the audit log
    metrics            one .sql a question, divided beside it; entries name it, caveats doubt it
    derive, projection, ingest    siblings, unaware of each other
    events             the vocabulary
    models             nouns = tables
    core               settings, database, statements, errors, clock, pages, limits, jobs, leases,
                       schedules, partitions
    telemetry          every number that a process counts, the port it tells them at, traces
"""
