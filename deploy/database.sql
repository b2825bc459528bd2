-- SPDX-License-Identifier: ISC
-- Roles and database, for psql as PostgreSQL's superuser; `mediagate setup` runs it. What is there already stays as it is.
--   psql -v ON_ERROR_STOP=1 -v database=mediagate -v owner=mediagate -f database.sql postgres
-- Behind `peer` each account of the units has a role of its name; those of the other processes act as the owner.
SELECT format('CREATE ROLE %I LOGIN', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner')
\gexec

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' TEMPLATE template0', :'database', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec

SELECT format(statement, process, :'owner')
FROM (VALUES ('mediagate-ingest'), ('mediagate-package'), ('mediagate-notify')) AS p (process),
     (VALUES (1, 'CREATE ROLE %I LOGIN IN ROLE %I'), (2, 'ALTER ROLE %I SET role TO %I')) AS s (step, statement)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = process)
ORDER BY process, step
\gexec
