"""Every link of every page is one that its reader may follow, whoever that is."""

import html
import re
import unittest
import urllib.parse

from review_world import review_site
from web_under_test import PEOPLE, Web
from worker_under_test import Worker

LINK = re.compile(r'<a[^>]* href="([^"]*)"')


class Links(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = review_site()
        cls.addClassCleanup(cls.site.close)
        cls.site.rightful("leaver", "00126", "--last-day", "2026-03-01")
        cls.worker = Worker(cls.site)
        cls.addClassCleanup(cls.worker.stop)
        cls.web = Web(cls.site, "--demo")
        cls.addClassCleanup(cls.web.stop)

    def walk(self, browser):
        """Path → (status, where it was linked) of all that can be reached from the overview, and of one's own page."""
        seen, waiting = {}, [("/", "")]
        while waiting:
            path, linked = waiting.pop()
            if path in seen:
                continue
            answer = browser.get(path)
            seen[path] = (answer.status, linked)
            for href in LINK.findall(answer.text):
                self.assertNotIn(href, ("", "#"), f"{path} links to nowhere")
                target = urllib.parse.urljoin(path, html.unescape(href)).split("#")[0]
                if target and not target.startswith("mailto:"):
                    waiting.append((target, path))
        return seen

    def test_no_link_leads_to_a_closed_door(self):
        for who in PEOPLE:
            with self.subTest(who):
                seen = self.walk(self.web.browser(who))
                closed = {path: found for path, found in seen.items() if found[0] not in (200, 303)}
                self.assertEqual(closed, {})
                self.assertGreater(len(seen), 3)

    def test_nor_do_those_of_exceptions_about_oneself_and_of_ones_own_page(self):
        browser = self.web.browser("person")
        own = [f"/exceptions/{row['id']}" for row in browser.json("/exceptions?status=all").json["exceptions"]]
        self.assertTrue(own)
        for path in (*own, "/people/00124"):
            answer = browser.get(path)
            self.assertEqual(answer.status, 200)
            for href in LINK.findall(answer.text):
                target = urllib.parse.urljoin(path, html.unescape(href)).split("#")[0]
                if not target.startswith("mailto:"):
                    self.assertIn(browser.get(target).status, (200, 303), f"{target}, linked on {path}")


if __name__ == "__main__":
    unittest.main()
