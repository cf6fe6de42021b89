-- Grain:  the operator that is made.
-- Writes: operator.
INSERT INTO operator (brand_id, operator_id, login, name, role, reads_pii, password_hash)
VALUES (:brand, :operator_id, :login, :name, :role, :reads_pii, :password_hash)
