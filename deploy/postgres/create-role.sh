#!/bin/sh
# Run once by the image of Postgres, when its volume is empty: the server's own role and database.
# It is no superuser, so what is granted and revoked holds for it.
set -eu
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(cat /run/secrets/tapedeck_password)" <<'SQL'
CREATE ROLE tapedeck LOGIN PASSWORD :'password';
CREATE DATABASE tapedeck OWNER tapedeck TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE CONNECT ON DATABASE tapedeck FROM PUBLIC;
SQL
