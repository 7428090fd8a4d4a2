"""Completeness, proven by breaking it: a pull that is cut or rewritten anywhere is incomplete, and the ledger stays as it was."""

import time
import unittest

import fault_proxy as faults
from fault_world import BIND_REQUEST, LATER, N_ENTRIES, N_HIDDEN, N_PAGES, N_PEOPLE, PAGE_SIZE, SUFFIX, FaultTest


class CutPulls(FaultTest):
    def assert_names_the_place(self, reason, fault, k, whole):
        """Page and entries as the client must have seen them; a cut before the first page says what else it was."""
        page = whole.pages[k] if k < len(whole.pages) else N_PAGES
        if page == 0:
            self.assertRegex(reason, "bind|connect|page 1, after 0 entries")
            return
        n_entries = sum(tag == faults.ENTRY and at > 0 for tag, at in zip(whole.tags[:k], whole.pages))
        self.assertIn(f"page {page}, after {n_entries} entries", reason)

    def test_a_cut_after_every_message(self):
        loop = self.loop(self.site())
        whole = self.whole_pull(loop)
        for k in range(whole.n_messages):
            self.proxy.fault = faults.Cut(k)
            reason = self.assert_unused(loop.pull(), k)
            self.assert_names_the_place(reason, self.proxy.fault, k, whole)
        self.whole_pull(loop)

    def test_a_connection_torn_off_after_every_seventh_message(self):
        """With RST the client may lose what it has not read yet: only the outcome is certain."""
        loop = self.loop(self.site())
        whole = self.whole_pull(loop)
        for k in [*range(0, whole.n_messages, 7), whole.n_messages - 1]:
            self.proxy.fault = faults.Cut(k, is_reset=True)
            self.assert_unused(loop.pull(), k)

    def test_a_cut_at_many_bytes(self):
        """Every byte of the bind, the first entries and the last ones; every 1013th in between."""
        loop = self.loop(self.site())
        whole = self.whole_pull(loop)
        n = whole.n_bytes
        for k in [*range(1024), *range(1024, n, 1013), *range(n - 200, n)]:
            self.proxy.fault = faults.CutAtByte(k, is_reset=k % 3 == 0)
            self.assert_unused(loop.pull(), k)
        self.whole_pull(loop)

    def test_the_ledger_does_not_move(self):
        site = self.site()
        loop = self.loop(site)
        whole = self.whole_pull(loop)
        last = whole.n_messages - 1
        edges = [k for k in range(1, last) if whole.tags[k] == faults.DONE]  # the last entry of a page, its result, the next entry
        places = sorted({0, 1, 2, last, *edges, *(k + 1 for k in edges), *range(57, last, 61)})
        for k in places:
            with self.subTest(k):
                reason = self.assert_left_alone(site, faults.Cut(k, is_reset=k % 2 == 1))
                if k % 2 == 0:
                    self.assert_names_the_place(reason, self.proxy.fault, k, whole)
        self.assert_nothing_happened(site)


class PullsSideBySide(FaultTest):
    """Three bases over two connections: what happens to one of them happens to the pull."""

    def config(self, **changes):
        bases = '", "'.join(f"ou={name},{SUFFIX}" for name in ("people", "hidden", "groups"))
        return super().config(base=bases, more="connections = 2;", **changes)

    def test_a_cut_after_many_messages(self):
        loop = self.loop(self.site())
        self.proxy.fault = whole = faults.Fault()
        self.assertEqual(loop.pull()["corp"], ["complete", ""])
        self.assertEqual(whole.n_entries, N_ENTRIES)
        # A pull that is through before its second connection is needs fewer messages than the one that was counted: a
        # cut behind its last one cuts nothing. The very end is cut where there is one connection.
        for k in [*range(8), *range(8, whole.n_messages - 8, 13)]:
            self.proxy.fault = faults.Cut(k, is_reset=k % 2 == 1)
            self.assert_unused(loop.pull(), k)
        self.proxy.fault = faults.Fault()
        self.assertEqual(loop.pull()["corp"], ["complete", ""])

    def test_the_ledger_does_not_move(self):
        site = self.site()
        self.assert_left_alone(site, OneBaseFails("ou=hidden,"), f"base ou=hidden,{SUFFIX}", "(51)")
        self.assert_nothing_happened(site)

    def test_a_server_that_gives_only_one_connection_is_read_over_that_one(self):
        site = self.site()
        self.proxy.fault = OneConnection()
        result = site.run(as_of=LATER)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(result.json["counts"]["new"], 0)
        self.assertTrue(self.proxy.fault.was_used)


class OneBaseFails(faults.Fault):
    """The search of this base is answered with busy."""

    def __init__(self, prefix):
        super().__init__()
        self.prefix = prefix.encode()

    def request(self, message):
        if message.tag != faults.SEARCH_REQUEST or message.page == 0 or not message.parts()[0][0][1].startswith(self.prefix):
            return None
        self.was_used = True
        return faults.envelope(message.id, faults.DONE, faults.result(51, b"said the proxy"))


class OneConnection(faults.Fault):
    """Whoever binds a second time is thrown out."""

    def __init__(self):
        super().__init__()
        self.n_binds = 0

    def request(self, message):
        if message.tag == BIND_REQUEST:
            self.n_binds += 1
            if self.n_binds > 1:
                self.was_used = True
                raise faults.Broken()
        return None


class AnyFirstPage(faults.Fault):
    """Every paged or unpaged search ends with this code, however small its pages."""

    def __init__(self, code):
        super().__init__()
        self.code = code

    def spoil(self, message):
        if message.tag != faults.DONE:
            return message.raw
        self.was_used = True
        return faults.envelope(message.id, faults.DONE, faults.result(self.code, b"said the proxy"))


class RewrittenPulls(FaultTest):
    def test_every_result_code_on_the_first_a_middle_and_the_last_page(self):
        loop = self.loop(self.site())
        self.whole_pull(loop)
        for code in (1, 2, 3, 4, 10, 11, 12, 32, 50, 51, 52, 53, 80, 123):
            for page in (1, 5, N_PAGES):
                for keeps_cookie in (True, False):
                    # Refused sizes on the first page are no failure: smaller pages are asked for, so the fault must follow.
                    self.proxy.fault = AnyFirstPage(code) if page == 1 and code in (4, 11, 12) else faults.Code(page, code, keeps_cookie)
                    reason = self.assert_unused(loop.pull(), (code, page, keeps_cookie))
                    self.assertTrue(self.proxy.fault.was_used)
                    if not isinstance(self.proxy.fault, AnyFirstPage):
                        self.assertIn(f"({code})", reason)
                        self.assertIn(f"page {page}, after {page * PAGE_SIZE} entries", reason)

    def test_the_ledger_does_not_move(self):
        site = self.site()
        for code, page in ((4, N_PAGES), (51, 1), (11, 5), (80, N_PAGES), (10, 5)):
            with self.subTest((code, page)):
                self.assert_left_alone(site, faults.Code(page, code), f"({code})", f"page {page}", "said the proxy")
        self.assert_nothing_happened(site)

    def test_cookies_that_do_not_lead_to_the_end(self):
        loop = self.loop(self.site())
        self.whole_pull(loop)
        cases = {
            "of the page before": faults.Cookie(3, "before"),
            "of nobody": faults.Cookie(3, b"nonsense"),
            "left out": faults.Cookie(3, None),
            "the same page for ever": faults.Endless(1),
            "the same page and cookie for ever": faults.Endless(1, b"again"),
            "three pages for ever": faults.Endless(3),
            "all pages for ever": faults.Endless(N_PAGES, b"again"),
            "one page and nine empty ones for ever": faults.Endless(10, b"again", is_hollow=True),
        }
        for name, fault in cases.items():
            with self.subTest(name):
                self.proxy.fault = fault
                self.assert_unused(loop.pull(), name)
                self.assertTrue(fault.was_used)
                self.assertLess(fault.n_requests, 60)
                self.assertLess(fault.n_messages, 2 * N_ENTRIES)

    def test_an_empty_cookie_too_early_is_held_by_the_guards(self):
        """The server says that this was all: only the population tells."""
        loop = self.loop(self.site())
        self.whole_pull(loop)
        for page in range(1, N_PAGES):
            self.proxy.fault = faults.Cookie(page, b"")
            status, reason = loop.pull()["corp"]
            self.assertEqual(status, "held")
            self.assertIn(f"accounts went from {N_PEOPLE + N_HIDDEN} to {page * PAGE_SIZE}", reason)

    def test_what_does_not_belong_into_the_answer(self):
        loop = self.loop(self.site(self.config(timeout=1)))
        self.whole_pull(loop)
        self.spoil(loop, {
            "reference": (faults.reference, "another server"),
            "nonsense": (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", ""),
            "a message of 2 GiB": (lambda _: b"\x30\x84\x7f\xff\xff\xff", ""),
            "an indefinite length": (lambda _: b"\x30\x80\x02\x01\x03", ""),
            "zeros": (lambda _: bytes(4096), ""),
        })

    def test_a_notice_of_disconnection(self):
        # libldap 2.5 forgets this one message.
        loop = self.loop(self.site(self.config(timeout=1)), looks_for_leaks=False)
        self.spoil(loop, {"notice": (faults.notice_of_disconnection, "")})

    def spoil(self, loop, cases):
        for name, (make, word) in cases.items():
            for k in (5, 150):
                for is_end in (False, True):
                    with self.subTest(name=name, k=k, is_end=is_end):
                        self.proxy.fault = faults.After(k, make, is_end)
                        began = time.monotonic()
                        reason = self.assert_unused(loop.pull(), name)
                        self.assertIn("" if is_end else word, reason)
                        self.assertTrue(self.proxy.fault.was_used)
                        self.assertLess(time.monotonic() - began, 10)

    def test_a_result_too_early_is_held_or_incomplete(self):
        """A result in the middle of a page, as good as a real one, then the rest of the page: the client may not take both."""
        loop = self.loop(self.site())
        self.whole_pull(loop)
        for code in (0, 4, 80):
            self.proxy.fault = faults.After(150, faults.done_of(code))
            self.assertIn(loop.pull()["corp"][0], ("held", "incomplete"))

    def test_an_entry_that_comes_twice(self):
        site = self.site()
        loop = self.loop(site)
        self.whole_pull(loop)
        for prefix, page in (("uid=p99,", 1), ("uid=p99,", 2), ("uid=p99,", N_PAGES), ("cn=admins,", N_PAGES)):
            self.proxy.fault = faults.Duplicate(prefix, page)
            reason = self.assert_unused(loop.pull(), (prefix, page))
            self.assertIn(prefix, reason)
        self.assert_left_alone(site, faults.Duplicate("uid=p99,", 2), "uid=p99,")
        self.assert_nothing_happened(site)


if __name__ == "__main__":
    unittest.main()
