"""Reports as pages, in headless Chromium, as someone uses them: with the mouse, with the keyboard, without scripts.

    ROLECALL=target/debug/rolecall SCREENSHOTS=target/screenshots python browser.py URL

URL is that of `rolecall sandbox serve` with `report/organization.yaml`, which is applied by this.
"""

import os
import re
import shutil
import sys
import time
import unittest
from pathlib import Path

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from report_stage import DRIFTED, FAILED, HOSTILE, LARGE, SILENT, UNREAD, Stage

URL = sys.argv.pop() if len(sys.argv) > 1 else None
THEMES = ("light", "dark")
# WCAG 2, AA: text of ordinary size.
CONTRAST = 4.5


class Visit:
    """A page in a browser window, with everything that it asked for or complained about."""

    def __init__(self, browser, file, theme="light", fragment="", **options):
        self.context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme=theme, **options)
        self.page = self.context.new_page()
        self.complaints, self.requests, self.failures = [], [], []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.failures.append((request.url, request.failure)))
        self.address = file.as_uri() + fragment
        self.page.goto(self.address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def settle(self):
        """Waits for two frames: what was asked for is on the screen."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def shown(self):
        """The ids of the accounts that the map shows."""
        self.settle()
        return self.page.evaluate(
            """() => { const { accounts } = JSON.parse(document.getElementById("data").textContent);
                return [...document.querySelectorAll(".tile:not([hidden])")].map((tile) => accounts[tile.dataset.account].id); }"""
        )

    def search(self, text):
        """What the map shows for a text."""
        self.page.fill("#search", text)
        return self.shown()

    def focused(self):
        """The accessible name, or the text, of what has the focus."""
        return self.page.evaluate("() => document.activeElement.getAttribute('aria-label') || document.activeElement.textContent")

    def roles(self):
        """How many parts of tables there are for a screen reader."""
        nodes = self.context.new_cdp_session(self.page).send("Accessibility.getFullAXTree")["nodes"]
        roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
        return {role: roles.count(role) for role in ("table", "columnheader", "rowheader", "cell")}

    def tab_to(self, selector):
        """Presses Tab until something has the focus."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"60 times Tab do not lead to {selector}")

    def picture(self, name, **options):
        """Keeps a screenshot, if someone wants to look at it."""
        if directory := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(path=Path(directory) / f"{name}.png", **options)


class Reports(unittest.TestCase):
    """What a reader of a report can do and see."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(URL)
        cls.playwright = sync_playwright().start()
        # Chromium's own sandbox does not work for root, as which forges often run.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        cls.browser = cls.playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        shutil.rmtree(cls.stage.directory)

    def visit(self, name, **options):
        """Opens a report."""
        return Visit(self.browser, self.stage.pages[name], **options)

    def test_a_page_loads_nothing_and_no_text_of_others_runs(self):
        """Names of accounts and units that are markup do nothing, are shown as they are, and the page asks for nothing."""
        for name in self.stage.pages:
            with self.subTest(name), self.visit(name) as visit:
                visit.search("hacked")
                visit.page.click(".tile:not([hidden])")
                self.assertEqual(visit.page.text_content("#details h2"), "'><svg onload=window.hacked=4>")
                self.assertEqual((visit.complaints, visit.requests), ([], [visit.address]))
                self.assertIsNone(visit.page.evaluate("() => window.hacked ?? null"))
                self.assertEqual(visit.page.locator("main img, main svg:not(.bar), main script").count(), 0)

    def test_the_page_forbids_what_it_does_not_do(self):
        """A script or an image that would come in all the same is neither run nor loaded."""
        with self.visit("status") as visit:
            visit.page.evaluate(
                """() => {
                    const image = document.createElement("img");
                    image.src = "http://127.0.0.1:9/stolen";
                    document.body.append(image);
                    const button = document.createElement("button");
                    document.body.append(button);
                    const attempts = [
                        () => { button.setAttribute("onclick", "window.hacked = 5"); button.click(); },
                        () => { document.body.innerHTML += "<b>markup</b>"; },
                        () => { document.body.append(document.createElement("script")).textContent = "window.hacked = 6"; },
                    ];
                    for (const attempt of attempts) try { attempt(); } catch { /* as it should be */ }
                }"""
            )
            visit.settle()
            self.assertEqual(visit.failures, [("http://127.0.0.1:9/stolen", "csp")])
            self.assertIsNone(visit.page.evaluate("() => window.hacked ?? null"))
            self.assertEqual(visit.page.locator("b").count(), 0)
            self.assertGreater(len(visit.complaints), 0)

    def test_the_page_says_what_the_document_says(self):
        """The counts of the page are those of `status --format json`, and every state occurs."""
        words = {"in_sync": "in sync"}
        with self.visit("status") as visit:
            chips = visit.page.locator(".chip").all_text_contents()
            expected = [f"{number} {words.get(status, status)}" for counts in self.stage.status["summary"].values()
                        for status, number in counts.items() if status != "not_a_target"]
            self.assertCountEqual([re.sub(r"^\D*", "", chip) for chip in chips], expected)
            states = {word for chip in expected for word in chip.split(" ", 1)[1:]}
            self.assertEqual(states, {"drifted", "failed", "missing", "pending", "held", "unknown", "leaving", "in sync", "inactive"})
            self.assertIn("of 14 target accounts are covered", visit.page.text_content(".headline"))
            visit.picture("status-light", full_page=True)
        with self.visit("status", theme="dark") as visit:
            visit.picture("status-dark", full_page=True)
        with self.visit("plan") as visit:
            self.assertRegex(visit.page.text_content(".headline"), r"Plan: \d+ to add, \d+ to change, \d+ to destroy\.")

    def test_search_and_filters_narrow_the_map(self):
        """By name, id and unit; by integration and state; and all of it is undone at once."""
        with self.visit("status") as visit:
            everything = visit.shown()
            self.assertEqual(len(everything), 15)
            self.assertEqual(visit.search("PAYMENTS"), ["220000000001", DRIFTED])
            self.assertEqual(visit.search("payments nonprod"), ["220000000001"])
            self.assertEqual(visit.search(FAILED), [FAILED])
            self.assertEqual(visit.page.text_content("#shown"), "1 of 15 accounts.")
            self.assertEqual(visit.search("nothing is called so"), [])
            visit.page.fill("#search", "")
            visit.page.click(".integration[aria-label=spot] .chip:has-text('drifted')")
            self.assertEqual(visit.shown(), ["220000000002", DRIFTED])
            visit.page.click(".integration[aria-label=spot] .chip:has-text('held')")
            self.assertEqual(len(visit.shown()), 3)
            self.assertEqual(visit.page.locator(".chip[aria-pressed=true]").count(), 2)
            visit.page.click("#reset")
            self.assertEqual(visit.shown(), everything)
            visit.page.select_option("#only", label="prowler")
            visit.page.check("#look")
            self.assertEqual(set(visit.shown()), {FAILED, HOSTILE, UNREAD})
            self.assertEqual(visit.page.locator(".tile:not([hidden]) .mark:visible").count(), 3)

    def test_the_keyboard_leads_to_the_difference_in_an_account(self):
        """Tab to the map, arrows to an account, Enter for its details, Escape back to where one was."""
        with self.visit("status") as visit:
            visit.tab_to("#search")
            visit.page.keyboard.type("prod")
            visit.settle()
            visit.tab_to(".tile")
            visit.page.keyboard.press("End")
            last = visit.focused()
            visit.page.keyboard.press("Home")
            first = visit.focused()
            self.assertNotEqual(first, last)
            visit.page.keyboard.press("ArrowRight")
            self.assertNotEqual(visit.focused(), first)
            visit.page.keyboard.press("ArrowLeft")
            self.assertEqual(visit.focused(), first)
            visit.page.keyboard.press("ArrowDown")
            visit.page.keyboard.press("ArrowUp")
            while not visit.focused().startswith("payments-prod"):
                before = visit.focused()
                visit.page.keyboard.press("ArrowRight")
                self.assertNotEqual(visit.focused(), before, "the arrow stands still before payments-prod")
            tile = visit.focused()
            self.assertEqual(tile, f"payments-prod, {DRIFTED}, prowler in sync, spot drifted, wiz pending")
            visit.page.keyboard.press("Enter")
            self.assertEqual(visit.focused(), "payments-prod")
            details = visit.page.inner_text("#details")
            self.assertIn("it was changed outside of Rolecall", details)
            removed = " ".join(visit.page.locator("#details del").all_text_contents())
            self.assertIn('inline_policy "Extra"', removed)
            self.assertIn('"changed by hand" -> "Spot keeps the bill small"', details)
            visit.picture("details-light")
            visit.page.keyboard.press("Escape")
            self.assertEqual(visit.focused(), tile)
            self.assertTrue(visit.page.is_hidden("#details"))

    def test_drift_is_shown_as_what_somebody_did(self):
        """From what was last applied to what is there, and apart from what is pending."""
        with self.visit("drift", fragment=f"#{DRIFTED}") as visit:
            drifted = self.stage.drift["summary"]["accounts_drifted"]
            self.assertEqual(visit.page.text_content(".headline"), f"Drift in {drifted} accounts.")
            details = visit.page.inner_text("#details")
            self.assertIn('"Spot keeps the bill small" -> "changed by hand"', details)
            self.assertIn('inline policy "Extra" was added', details)
            self.assertIn('inline_policy "Extra"', " ".join(visit.page.locator("#details ins").all_text_contents()))
            self.assertIn("pending", visit.page.text_content("#details h3:has-text('wiz')"))
            visit.picture("drift")

    def test_who_did_it_is_told_at_the_account(self):
        """The last calls first, as the document has them; where CloudTrail may not be looked at, that is said instead."""
        [calls] = [role["calls"] for role in self.stage.drift["who"]["roles"] if role["account"] == DRIFTED]
        self.assertEqual([call["event"] for call in calls][:2], ["PutRolePolicy", "UpdateRole"])
        with self.visit("drift", fragment=f"#{DRIFTED}") as visit:
            details = visit.page.inner_text("#details")
            self.assertRegex(details, r"Last changed: PutRolePolicy by user Administrator from 127\.0\.0\.1, 20\d\d-")
            self.assertIn("Before that: UpdateRole by user Administrator", details)
            self.assertLess(details.index("Last changed"), details.index('"changed by hand"'))
        with self.visit("drift", fragment=f"#{SILENT}") as visit:
            details = visit.page.inner_text("#details")
            self.assertIn("Who changed it is not told: cloudtrail:LookupEvents is not allowed in the account.", details)
            self.assertNotIn("Last changed", details)
            notes = visit.page.inner_text(".findings:has(h2:text-is('Worth knowing'))")
            self.assertIn("Who changed a role is not told for 1 account", notes)
            visit.picture("who-did-it", full_page=True)
        with self.visit("drift", java_script_enabled=False) as visit:
            change = visit.page.locator(f".change:has(.who:has-text('{DRIFTED}'))").first
            change.locator("summary").first.click()
            self.assertIn("Last changed: PutRolePolicy", change.locator(".who").inner_text())
        with self.visit("status", fragment=f"#{DRIFTED}") as visit:
            self.assertNotIn("Last changed", visit.page.content())

    def test_details_give_the_reasons(self):
        """Why an account could not be read, why an operation failed, and what can be done; by an address of its own."""
        for account, text in [
            (UNREAD, "sts:AssumeRole failed with AccessDenied"), (UNREAD, "What to do:"),
            (FAILED, "with an explicit deny in a service control policy"),
            ("210000000006", "a role SpotRole is there that is not Rolecall's"),
            ("240000000001", "SUSPENDED"),
        ]:
            with self.subTest(text), self.visit("status", fragment=f"#{account}") as visit:
                self.assertIn(text, visit.page.inner_text("#details"))

    def test_without_scripts_a_table_remains(self):
        """And the reasons and the changes with it."""
        with self.visit("status", java_script_enabled=False) as visit:
            rows = visit.page.locator("tbody tr")
            self.assertEqual(rows.count(), 15)
            self.assertTrue(rows.first.is_visible())
            self.assertTrue(visit.page.locator(f"tr:has-text('{DRIFTED}') td:has-text('drifted')").is_visible())
            self.assertTrue(visit.page.is_hidden("#tools"))
            visit.page.click(".change summary >> nth=0")
            self.assertTrue(visit.page.is_visible(".change[open] pre"))
            visit.picture("without-scripts", full_page=True)

    def test_the_table_does_what_the_map_does(self):
        """It follows the filters, and its accounts open by keyboard."""
        with self.visit("status") as visit:
            self.assertTrue(visit.page.is_hidden("#table"))
            visit.page.check("input[value=table]")
            self.assertTrue(visit.page.is_hidden("#map"))
            self.assertEqual(visit.roles(), {"table": 1, "columnheader": 6, "rowheader": 15, "cell": 15 * 5})
            visit.search("payments")
            self.assertEqual(visit.page.locator("tbody tr:visible").count(), 2)
            visit.tab_to("th button")
            visit.page.keyboard.press("ArrowDown")
            visit.page.keyboard.press("Enter")
            self.assertEqual(visit.focused(), "payments-prod")
            visit.page.keyboard.press("Escape")
            self.assertEqual(visit.focused(), "payments-prod")
            visit.picture("table")

    def test_axe_finds_nothing(self):
        """The rules of axe-core for WCAG 2, contrast among them, hold of the map, the table and the details, in both themes."""
        for theme in THEMES:
            with self.visit("status", theme=theme, bypass_csp=True) as visit:
                for state, script in [
                    ("map", "() => document.querySelectorAll('.change, .in').forEach((part) => { part.open = true; })"),
                    ("table", "() => document.querySelector('input[value=table]').click()"),
                    ("details", "() => document.querySelector('th button').click()"),
                    ("chip", "() => { document.querySelector('#details button').click(); document.querySelector('.chip').click(); }"),
                ]:
                    with self.subTest(f"{theme}, {state}"):
                        visit.page.evaluate(script)
                        visit.page.wait_for_timeout(200)
                        found = Axe().run(visit.page)
                        violations = [(rule["id"], [node["html"][:200] for node in rule["nodes"]][:3]) for rule in found["violations"]]
                        self.assertEqual(violations, [])
                        self.assertIn("color-contrast", [rule["id"] for rule in found["passes"]])

    def test_marks_can_be_read_by_everyone(self):
        """In both themes, what is written in a mark stands out from it, and no two marks have the same sign."""
        measure = """() => [...document.querySelectorAll(".legend .mark")].map((mark) => {
            const paper = (element) => {
                const colour = getComputedStyle(element).backgroundColor;
                return colour === "rgba(0, 0, 0, 0)" ? paper(element.parentElement) : colour;
            };
            return [mark.textContent, getComputedStyle(mark).color, paper(mark)];
        })"""
        for theme in THEMES:
            with self.subTest(theme), self.visit("status", theme=theme) as visit:
                marks = visit.page.evaluate(measure)
                self.assertEqual(len({sign for sign, _, _ in marks}), 11)
                for sign, ink, paper in marks:
                    self.assertGreaterEqual(contrast(ink, paper), CONTRAST, f"{sign}: {ink} on {paper}")

    def test_paper_and_little_motion(self):
        """On paper there are no tools and the theme is light; who asks for little motion gets none."""
        with self.visit("status", theme="dark", reduced_motion="reduce") as visit:
            visit.page.click(".tile")
            self.assertEqual(visit.page.evaluate("() => getComputedStyle(document.getElementById('details')).animationName"), "none")
            visit.page.emulate_media(media="print")
            self.assertTrue(visit.page.is_hidden("#tools"))
            self.assertTrue(visit.page.is_hidden("#details"))
            self.assertTrue(visit.page.is_visible("#map"))
            ink = visit.page.evaluate("() => getComputedStyle(document.documentElement).color")
            self.assertGreaterEqual(contrast(ink, "rgb(255, 255, 255)"), CONTRAST)
            self.assertGreater(len(visit.page.pdf()), 10_000)

    def test_small_screens(self):
        """On a telephone nothing sticks out at the side."""
        with self.visit("status") as visit:
            visit.page.set_viewport_size({"width": 360, "height": 740})
            self.assertLessEqual(visit.page.evaluate("() => document.documentElement.scrollWidth"), 360)
            visit.picture("telephone", full_page=True)

    def test_thousands_of_accounts(self):
        """Everything is there, and answers; how soon is printed, as it depends on the machine."""
        start = time.monotonic()
        with self.visit("large") as visit:
            self.assertEqual(len(visit.shown()), LARGE)
            times = {"load": time.monotonic() - start}
            visit.picture("large-light")
            visit.page.evaluate("() => document.getElementById('accounts').scrollIntoView()")
            visit.settle()
            visit.picture("large-map")
            for name, act in [
                ("type a letter", lambda: visit.page.locator("#search").press_sequentially("t")),
                ("type a word", lambda: visit.page.locator("#search").press_sequentially("eam 42")),
                ("clear", lambda: visit.page.fill("#search", "")),
                ("only what needs a look", lambda: visit.page.check("#look")),
                ("all again", lambda: visit.page.uncheck("#look")),
                ("table", lambda: visit.page.check("input[value=table]")),
                ("search in the table", lambda: visit.page.fill("#search", "team 42")),
            ]:
                start = time.monotonic()
                act()
                visit.settle()
                times[name] = time.monotonic() - start
            self.assertIn(f"of {LARGE:,} accounts.", visit.page.text_content("#shown"))
            self.assertEqual(visit.complaints, [])
        size = self.stage.pages["large"].stat().st_size
        print(f"\n{LARGE} accounts, 3 integrations: {size / 1e6:.1f} MB;",
              ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in times.items()), file=sys.stderr)


def contrast(one, other):
    """The contrast of two colours, by WCAG 2."""

    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


if __name__ == "__main__":
    if not (URL or "").startswith("http"):
        sys.exit(__doc__)
    unittest.main(verbosity=2)
