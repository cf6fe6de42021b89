-- Grain:  one row a webhook source or API key of those asked for, or one without any.
-- Reads:  brand, webhook_source, api_key.
-- Rule:   who may send events now, and by which secrets. A key is named `key:` and its id, and
--         shows the SHA-256 that is kept of it.
SELECT
    b.currency,
    s.source_id,
    s.secret,
    CASE WHEN s.old_secret_until > now() THEN s.old_secret END AS old_secret
FROM brand AS b
LEFT JOIN webhook_source AS s ON s.brand_id = b.brand_id AND s.source_id = ANY (CAST($2 AS text[]))
WHERE b.brand_id = $1
UNION ALL
SELECT b.currency, 'key:' || k.key_id, encode(k.sha256, 'hex'), NULL
FROM brand AS b
INNER JOIN api_key AS k ON k.brand_id = b.brand_id AND k.key_id = ANY (CAST($3 AS text[]))
WHERE b.brand_id = $1
    AND k.revoked_at IS NULL
    AND (k.expires_at IS NULL OR k.expires_at > now())
    AND 'events:write' = ANY (k.scopes)
