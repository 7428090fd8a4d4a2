#include "ldap/page.h"

void page_clear(Page *page)
{
    ber_memfree(page->cookie.bv_val);
    g_free(page->diagnostic);
    g_free(page->first_dn);
    *page = (Page){0};
}

bool page_end(Page *page, LDAP *ldap, LDAPMessage *result, bool is_paged)
{
    LDAPControl **controls = NULL;
    char *diagnostic = NULL;
    ber_int_t estimate = 0;

    if (ldap_parse_result(ldap, result, &page->code, NULL, &diagnostic, NULL, &controls, 0) !=
        LDAP_SUCCESS)
        return false;
    page->diagnostic = g_strdup(diagnostic);
    ldap_memfree(diagnostic);
    LDAPControl *paging =
        is_paged ? ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL) : NULL;
    page->has_cookie =
        paging != NULL &&
        ldap_parse_pageresponse_control(ldap, paging, &estimate, &page->cookie) == LDAP_SUCCESS;
    ldap_controls_free(controls);
    page->is_over = true;
    return true;
}

/* ---- What a result means ---- */

SourceError page_error(const Page *page)
{
    switch (page->code) {
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_REFERRAL:
    case LDAP_INVALID_DN_SYNTAX:
        return SOURCE_ERROR_MISSING;
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_INAPPROPRIATE_AUTH:
        return SOURCE_ERROR_REFUSED;
    default:
        return SOURCE_ERROR_CUT;
    }
}

static const char *advice_for(int code)
{
    switch (code) {
    case LDAP_NO_SUCH_OBJECT:
        return " (does the base exist, and may the reader see it?)";
    case LDAP_REFERRAL:
        return " (this server does not hold the base)";
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_TIMELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
        return " (raise the limits of the reader on the server)";
    case LDAP_OPERATIONS_ERROR:
        return " (is a bind_dn needed?)";
    default:
        return "";
    }
}

char *page_result_text(const Page *page)
{
    g_autofree char *text = directory_result_text(page->code, page->diagnostic);

    return g_strconcat(text, advice_for(page->code), NULL);
}

bool page_is_size_refused(const Page *page)
{
    int code = page->code;

    return code == LDAP_ADMINLIMIT_EXCEEDED || code == LDAP_SIZELIMIT_EXCEEDED ||
           code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION;
}

int page_size_below(int page_size)
{
    return page_size > 500 ? 500 : page_size > 100 ? 100 : 0;
}

/* ---- Rounds ---- */

bool rounds_is_repeated(Rounds *rounds, const char *first_dn)
{
    if (first_dn == NULL)
        return false;
    bool comes_again =
        g_strcmp0(first_dn, rounds->before) == 0 || g_strcmp0(first_dn, rounds->marker) == 0;
    g_free(rounds->before);
    rounds->before = g_strdup(first_dn);
    rounds->n_pages++;
    if ((rounds->n_pages & (rounds->n_pages - 1)) == 0) {
        g_free(rounds->marker);
        rounds->marker = g_strdup(first_dn);
    }
    return comes_again;
}

void rounds_clear(Rounds *rounds)
{
    g_free(rounds->before);
    g_free(rounds->marker);
    *rounds = (Rounds){0};
}
