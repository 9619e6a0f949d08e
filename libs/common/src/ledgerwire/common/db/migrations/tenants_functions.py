"""The functions of schema `tenants`: everything there that a service may change, and the two look-ups across accounts.

They run as their owner, with a pinned search path, on PostgreSQL's clock. Each checks that the caller works on the account
it names and speaks for its own service. `session_user` is the role that logged in, whoever owns the function.
"""

from __future__ import annotations

from typing import NamedTuple

from ledgerwire.common.db.roles import FIRST_SERVICES, account_role, system_role

_PINNED = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_ACCOUNT_ROLES = tuple(account_role(service) for service in FIRST_SERVICES)
_SYSTEM_ROLES = tuple(system_role(service) for service in FIRST_SERVICES)
_TENANTS = account_role("tenants")
_LEDGER_ROLES = (account_role("mapper"), account_role("poster"), _TENANTS)


class Function(NamedTuple):
    """One function: what GRANT calls it, who may execute it, and how it is made."""

    signature: str
    callers: tuple[str, ...]
    body: str


_GUARDS = (
    Function(
        "tenants.require_account(uuid)",
        (),
        """
CREATE FUNCTION tenants.require_account(p_account uuid) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user::text !~ '_system$'
       AND p_account IS DISTINCT FROM nullif(current_setting('app.account_id', true), '')::uuid THEN
        RAISE EXCEPTION 'this transaction does not work for account %', p_account USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$
""",
    ),
    Function(
        "tenants.require_service(text)",
        (),
        """
CREATE FUNCTION tenants.require_service(p_service text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_service IS DISTINCT FROM regexp_replace(session_user::text, '^lw_|_system$', '', 'g') THEN
        RAISE EXCEPTION 'role % does not speak for service %', session_user, p_service USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$
""",
    ),
)

_CALLBACK = Function(
    "tenants.callback_account(bytea)",
    (system_role("ingest"),),
    f"""
CREATE FUNCTION tenants.callback_account(p_token_hash bytea) RETURNS TABLE (account_id uuid, connection_id uuid)
LANGUAGE sql STABLE {_PINNED} AS $$
    SELECT route.account_id, route.connection_id FROM tenants.callback_route AS route WHERE route.token_hash = p_token_hash
$$
""",
)

_TOKENS = (
    Function(
        "tenants.token_claim(uuid, uuid, text, interval)",
        _LEDGER_ROLES,
        f"""
CREATE FUNCTION tenants.token_claim(p_account uuid, p_consent uuid, p_holder text, p_for interval) RETURNS boolean
LANGUAGE plpgsql {_PINNED} AS $$
BEGIN
    PERFORM tenants.require_account(p_account);
    UPDATE tenants.consent SET claimed_by = p_holder, claimed_until = clock_timestamp() + p_for
    WHERE account_id = p_account AND consent_id = p_consent
      AND (claimed_until IS NULL OR claimed_until <= clock_timestamp());
    RETURN FOUND;
END $$
""",
    ),
    Function(
        "tenants.token_release(uuid, uuid, text)",
        _LEDGER_ROLES,
        f"""
CREATE FUNCTION tenants.token_release(p_account uuid, p_consent uuid, p_holder text) RETURNS boolean
LANGUAGE plpgsql {_PINNED} AS $$
BEGIN
    PERFORM tenants.require_account(p_account);
    UPDATE tenants.consent SET claimed_by = NULL, claimed_until = NULL
    WHERE account_id = p_account AND consent_id = p_consent AND claimed_by = p_holder;
    RETURN FOUND;
END $$
""",
    ),
    Function(
        "tenants.token_rotate(uuid, uuid, bigint, bytea, bytea, timestamptz, text, text)",
        _LEDGER_ROLES,
        f"""
CREATE FUNCTION tenants.token_rotate(
    p_account uuid, p_consent uuid, p_expected_version bigint,
    p_access bytea, p_refresh bytea, p_expires_at timestamptz, p_state text, p_state_detail text
) RETURNS bigint
LANGUAGE plpgsql {_PINNED} AS $$
DECLARE
    v_version bigint;
BEGIN
    PERFORM tenants.require_account(p_account);
    UPDATE tenants.consent
    SET access_token = coalesce(p_access, access_token), refresh_token = coalesce(p_refresh, refresh_token),
        expires_at = coalesce(p_expires_at, expires_at), state = p_state, state_detail = p_state_detail, version = version + 1
    WHERE account_id = p_account AND consent_id = p_consent AND version = p_expected_version
    RETURNING version INTO v_version;
    RETURN v_version;
END $$
""",
    ),
)

_BUDGET_CALLERS = (*_ACCOUNT_ROLES, *_SYSTEM_ROLES, _TENANTS)

_BUDGETS = (
    Function(
        "tenants.budget_row(uuid, uuid, text, integer, numeric)",
        (),
        """
CREATE FUNCTION tenants.budget_row(p_account uuid, p_connection uuid, p_window text, p_seconds integer, p_ceiling numeric)
RETURNS tenants.budget
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_row tenants.budget;
    v_slot bigint;
    v_steps bigint;
BEGIN
    PERFORM tenants.require_account(p_account);
    INSERT INTO tenants.budget (connection_id, "window", account_id, seconds, slot, slots, ceiling)
    VALUES (p_connection, p_window, p_account, coalesce(p_seconds, 60), 0, array_fill(0::numeric, ARRAY[21]), coalesce(p_ceiling, 0))
    ON CONFLICT (connection_id, "window") DO NOTHING;
    SELECT * INTO STRICT v_row FROM tenants.budget AS b
    WHERE b.connection_id = p_connection AND b."window" = p_window AND b.account_id = p_account FOR UPDATE;
    IF v_row.seconds <> coalesce(p_seconds, v_row.seconds) THEN
        v_row.slots := array_fill(0::numeric, ARRAY[21]);
        v_row.slot := 0;
        v_row.seconds := p_seconds;
    END IF;
    v_row.ceiling := coalesce(p_ceiling, v_row.ceiling);
    v_slot := greatest(floor(extract(epoch FROM clock_timestamp()) * 20 / v_row.seconds)::bigint, v_row.slot);
    v_steps := least(v_slot - v_row.slot, 21);
    IF v_steps > 0 THEN
        v_row.slots := (array_fill(0::numeric, ARRAY[v_steps::integer]) || v_row.slots)[1 : 21];
    END IF;
    v_row.slot := v_slot;
    RETURN v_row;
END $$
""",
    ),
    Function(
        "tenants.budget_take(uuid, uuid, text, integer, numeric, numeric)",
        _BUDGET_CALLERS,
        f"""
CREATE FUNCTION tenants.budget_take(
    p_account uuid, p_connection uuid, p_window text, p_seconds integer, p_n numeric, p_ceiling numeric
) RETURNS interval
LANGUAGE plpgsql {_PINNED} AS $$
DECLARE
    v_row tenants.budget;
    v_used numeric;
    v_wait interval := interval '0';
BEGIN
    IF p_n > p_ceiling THEN
        RAISE EXCEPTION '% calls can never fit a ceiling of %', p_n, p_ceiling USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_row := tenants.budget_row(p_account, p_connection, p_window, p_seconds, p_ceiling);
    IF v_row.closed_until > clock_timestamp() THEN
        RETURN v_row.closed_until - clock_timestamp();
    END IF;
    SELECT sum(taken) INTO v_used FROM unnest(v_row.slots) AS taken;
    IF v_used + p_n <= p_ceiling THEN
        v_row.slots[1] := v_row.slots[1] + p_n;
    ELSE
        FOR i IN REVERSE 21..1 LOOP
            v_used := v_used - v_row.slots[i];
            IF v_used + p_n <= p_ceiling THEN
                v_wait := greatest(
                    to_timestamp((v_row.slot + 22 - i) * v_row.seconds / 20.0) - clock_timestamp(), interval '1 millisecond');
                EXIT;
            END IF;
        END LOOP;
    END IF;
    UPDATE tenants.budget AS b
    SET seconds = v_row.seconds, slot = v_row.slot, slots = v_row.slots, ceiling = v_row.ceiling
    WHERE b.connection_id = p_connection AND b."window" = p_window;
    RETURN v_wait;
END $$
""",
    ),
    Function(
        "tenants.budget_observe(uuid, uuid, text, numeric, interval)",
        _BUDGET_CALLERS,
        f"""
CREATE FUNCTION tenants.budget_observe(
    p_account uuid, p_connection uuid, p_window text, p_remaining numeric, p_closed_for interval
) RETURNS void
LANGUAGE plpgsql {_PINNED} AS $$
DECLARE
    v_row tenants.budget;
    v_left numeric;
BEGIN
    v_row := tenants.budget_row(p_account, p_connection, p_window, NULL, NULL);
    SELECT v_row.ceiling - sum(taken) INTO v_left FROM unnest(v_row.slots) AS taken;
    IF p_remaining < v_left THEN
        v_row.slots[1] := v_row.slots[1] + v_left - p_remaining;
    END IF;
    UPDATE tenants.budget AS b
    SET slot = v_row.slot, slots = v_row.slots,
        closed_until = greatest(b.closed_until, clock_timestamp() + p_closed_for)
    WHERE b.connection_id = p_connection AND b."window" = p_window;
END $$
""",
    ),
)

_LEASES = (
    Function(
        "tenants.lease_take(text, uuid, uuid, text, interval, interval)",
        _SYSTEM_ROLES,
        f"""
CREATE FUNCTION tenants.lease_take(
    p_service text, p_account uuid, p_connection uuid, p_holder text, p_ttl interval, p_grace interval
) RETURNS bigint
LANGUAGE plpgsql {_PINNED} AS $$
DECLARE
    v_fence bigint;
BEGIN
    PERFORM tenants.require_service(p_service);
    INSERT INTO tenants.lease AS held (service, connection_id, account_id, holder, fence, expires_at, served_at)
    VALUES (p_service, p_connection, p_account, p_holder, 1, clock_timestamp() + p_ttl, clock_timestamp())
    ON CONFLICT (service, connection_id) DO UPDATE
    SET holder = excluded.holder, fence = held.fence + 1,
        expires_at = clock_timestamp() + p_ttl, served_at = clock_timestamp()
    WHERE held.account_id = p_account AND (held.holder IS NULL OR held.expires_at + p_grace < clock_timestamp())
    RETURNING fence INTO v_fence;
    RETURN v_fence;
END $$
""",
    ),
    Function(
        "tenants.lease_renew(text, uuid, bigint, interval)",
        _SYSTEM_ROLES,
        f"""
CREATE FUNCTION tenants.lease_renew(p_service text, p_connection uuid, p_fence bigint, p_ttl interval) RETURNS boolean
LANGUAGE plpgsql {_PINNED} AS $$
BEGIN
    PERFORM tenants.require_service(p_service);
    UPDATE tenants.lease SET expires_at = clock_timestamp() + p_ttl
    WHERE service = p_service AND connection_id = p_connection AND fence = p_fence AND holder IS NOT NULL;
    RETURN FOUND;
END $$
""",
    ),
    Function(
        "tenants.lease_release(text, uuid, bigint)",
        _SYSTEM_ROLES,
        f"""
CREATE FUNCTION tenants.lease_release(p_service text, p_connection uuid, p_fence bigint) RETURNS boolean
LANGUAGE plpgsql {_PINNED} AS $$
BEGIN
    PERFORM tenants.require_service(p_service);
    UPDATE tenants.lease SET holder = NULL, expires_at = NULL
    WHERE service = p_service AND connection_id = p_connection AND fence = p_fence AND holder IS NOT NULL;
    RETURN FOUND;
END $$
""",
    ),
    Function(
        "tenants.lease_check(text, uuid, bigint)",
        (*_SYSTEM_ROLES, *_ACCOUNT_ROLES),
        f"""
CREATE FUNCTION tenants.lease_check(p_service text, p_connection uuid, p_fence bigint) RETURNS boolean
LANGUAGE plpgsql {_PINNED} AS $$
BEGIN
    PERFORM tenants.require_service(p_service);
    -- the share lock keeps the fence as it is until the caller's transaction has ended
    PERFORM 1 FROM tenants.lease
    WHERE service = p_service AND connection_id = p_connection AND fence = p_fence AND holder IS NOT NULL FOR SHARE;
    RETURN FOUND;
END $$
""",
    ),
)

DIRECTORY_FUNCTION = Function(
    "tenants.directory()",
    (*_SYSTEM_ROLES, system_role("tenants")),
    f"""
CREATE FUNCTION tenants.directory() RETURNS TABLE (
    account_id uuid, account_name text, status text, go_live_from date,
    connection_id uuid, connection_name text, kind text
)
LANGUAGE sql STABLE {_PINNED} AS $$
    SELECT a.account_id, a.name, a.status, a.go_live_from, c.connection_id, c.name, c.kind
    FROM tenants.account AS a LEFT JOIN tenants.connection AS c ON c.account_id = a.account_id
    ORDER BY a.name, c.name
$$
""",
)

FUNCTIONS = (*_GUARDS, _CALLBACK, *_TOKENS, *_BUDGETS, *_LEASES)
BUDGET_ROW = next(function for function in _BUDGETS if function.signature.startswith("tenants.budget_row("))
BUDGET_TAKE = next(function for function in _BUDGETS if function.signature.startswith("tenants.budget_take("))
LEASE_TAKE = next(function for function in _LEASES if function.signature.startswith("tenants.lease_take("))
LEASE_CHECK = next(function for function in _LEASES if function.signature.startswith("tenants.lease_check("))


def replacing(body: str) -> str:
    """The statement that replaces a function which is there already; its grants stay."""
    return body.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)
