"""What the program writes for CI systems and code hosts, read by programs that nobody here wrote.

    ROLECALL=target/debug/rolecall python formats.py

SARIF against the specification's facts and a reader, and each place in it against the text of the file; JUnit against the
schema that Jenkins holds files to, and a reader; Markdown by a parser of CommonMark with GitHub's tables.
"""

import copy
import json
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import unquote

import junitparser
import xmlschema
from markdown_it import MarkdownIt
from sarif_pydantic import Level, Sarif

from schemas import misspelled, validator
from simulated import FOREIGN, REPOSITORY, ROLE, Simulated, program

HERE = Path(__file__).resolve().parent / "formats"
SARIF = validator(json.loads((HERE / "sarif.schema.json").read_text()))
JUNIT = xmlschema.XMLSchema(HERE / "junit.xsd")
# The largest text of a pull request that GitHub takes, in characters.
GITHUB = 65_536
LARGE = 5_000

GOOD = """version: 1
organization: { id: o-small12345 }
integrations:
  scanner:
    external_id: scanner-external-id
    role:
      name: ScannerRole
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [SecurityAudit]
    targets: { organizational_units: [Root] }
"""
# What is wrong with it: a key of another name, an account that YAML reads as a number, and a warning. The text before the
# second has characters of two, three and four bytes.
BAD = """version: 1
organization: { id: o-small12345 }
integrations:
  painter:
    external_idd: painter-external-id
    external_id: painter-external-id
    role:
      name: PainterRole
      description: "é→🌈"
      trust: { principals: ["arn:aws:iam::232136659152:root"] }
      managed_policies: [SecurityAudit]
      tags: { "é→🌈": ok, colour: [red] }
    targets: { organizational_units: [Root], exclude_accounts: [222222222222] }
    rollout: { delivery: direct, failure_tolerance: 10% }
"""
TWICE = GOOD.replace("scanner:", "painter:").replace("ScannerRole", "PainterRole")


class SarifLog:
    """A log that is as the specification says, with the working copy that it is about."""

    def __init__(self, text, top):
        self.text, self.top = text, Path(top)
        self.document = json.loads(text)
        problems = [f"{error.json_path}: {error.message}" for error in SARIF.iter_errors(self.document)]
        assert not problems, problems
        [self.run] = self.document["runs"]
        self.results = self.run["results"]
        assert self.run["columnKind"] == "unicodeCodePoints"
        for result in self.results:
            rule = self.run["tool"]["driver"]["rules"][result["ruleIndex"]]
            assert rule["id"] == result["ruleId"], result

    def file(self, place):
        """The file of a place."""
        location = place["physicalLocation"]["artifactLocation"]
        path = unquote(location["uri"])
        return self.top / path if "uriBaseId" in location else Path(path.removeprefix("file://"))

    def marked(self, place):
        """The text of a region, as a viewer marks it: in characters of the lines, a byte order mark not being one."""
        region = place["physicalLocation"]["region"]
        lines = self.file(place).read_bytes().decode("utf-8-sig").split("\n")
        begin, end = region["startLine"], region.get("endLine", region["startLine"])
        chosen = lines[begin - 1 : end]
        assert len(chosen) == end - begin + 1, f"{region} is not in the file"
        last = region.get("endColumn", len(chosen[-1]) + 1)
        assert last <= len(chosen[-1]) + 1 and region["startColumn"] <= len(chosen[0]) + 1, f"{region} is not in the file"
        chosen[-1] = chosen[-1][: last - 1]
        chosen[0] = chosen[0][region["startColumn"] - 1 :]
        return "\n".join(chosen)

    def summary(self):
        """File, rule, level and marked text of each result."""
        return [(self.file(result["locations"][0]).name, result["ruleId"], result["level"], self.marked(result["locations"][0]))
                for result in self.results]


class SarifOfValidate(unittest.TestCase):
    """Problems in files of a working copy, from a directory below its top."""

    def setUp(self):
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        self.top = Path(home.name)
        (self.top / ".git").mkdir()
        self.directory = self.top / "my iam"
        self.directory.mkdir()

    def log(self, *files, exits=(0,)):
        """The log of these files, each a name and its text."""
        words = []
        for name, text in files:
            (self.directory / name).write_text(text)
            words += ["-f", name]
        return SarifLog(program(self.directory, "validate", "--format", "sarif", *words, exits=exits), self.top)

    def test_files_without_problems_are_a_log_without_results(self):
        """The list of results is there and empty, which says that it was looked."""
        log = self.log(("rolecall.yaml", GOOD))
        self.assertEqual(log.results, [])
        self.assertEqual(Sarif.model_validate_json(log.text).runs[0].results, [])

    def test_problems_of_several_files_point_at_their_texts(self):
        """Errors and a warning, whose columns count characters and not bytes, in files named from the top."""
        log = self.log(("good.yaml", GOOD), ("bad zürich.yaml", BAD), ("twice.yaml", TWICE), exits=(1,))
        found = log.summary()
        for expected in [
            ("bad zürich.yaml", "unknown-key", "error", "external_idd"),
            ("bad zürich.yaml", "wrong-type", "error", "[red]"),
            ("bad zürich.yaml", "bad-value", "error", '"é→🌈"'),
            ("bad zürich.yaml", "unquoted-account-id", "error", "222222222222"),
            ("bad zürich.yaml", "no-effect", "warning", "10%"),
        ]:
            self.assertIn(expected, found)
        self.assertEqual({log.file(result["locations"][0]).parent for result in log.results}, {self.directory})
        # The second definition of an integration tells where the first is.
        doubled = [result for result in log.results if log.file(result["locations"][0]).name == "twice.yaml"]
        related = [place for result in doubled for place in result["relatedLocations"]]
        self.assertEqual({(log.file(place).name, log.marked(place)) for place in related}, {("bad zürich.yaml", "painter")})

    def test_another_reader_finds_the_same(self):
        """A reader of SARIF counts as many errors and warnings as the JSON document does."""
        files = [("good.yaml", GOOD), ("bad.yaml", BAD)]
        log = self.log(*files, exits=(1,))
        document = json.loads(program(self.directory, "validate", "--format", "json", "-f", "good.yaml", "-f", "bad.yaml",
                                      exits=(1,)))
        [run] = Sarif.model_validate_json(log.text).runs
        levels = [result.level for result in run.results]
        self.assertEqual(levels.count(Level.ERROR), document["error_count"])
        self.assertEqual(levels.count(Level.WARNING), document["warning_count"])
        self.assertEqual(run.tool.driver.name, "Rolecall")
        regions = [result.locations[0].physical_location.region for result in run.results]
        places = [(region.start_line, region.start_column) for region in regions]
        self.assertEqual(places, [(one["location"]["line"], one["location"]["column"]) for one in document["diagnostics"]])

    def test_warnings_alone_do_not_fail(self):
        """Their level is `warning`, and the exit code 0."""
        log = self.log(("rolecall.yaml", GOOD + "    rollout: { delivery: direct, failure_tolerance: 10% }\n"))
        self.assertEqual([result["level"] for result in log.results], ["warning"])

    def test_a_file_that_is_no_yaml_has_a_place_too(self):
        """A bracket that is never closed, a tab, an empty file, and one of empty lines."""
        for text in [GOOD + "broken: [1, 2\n", GOOD.replace("    external", "\texternal"), "", "\n\n"]:
            with self.subTest(text=text[-20:]):
                log = self.log(("rolecall.yaml", text), exits=(1,))
                self.assertTrue(log.results)
                for result in log.results:
                    if "region" in result["locations"][0]["physicalLocation"]:
                        log.marked(result["locations"][0])

    def test_every_known_problem_is_a_valid_log_with_places_in_the_file(self):
        """Each of the files with which the reading of YAML is tested. Where a message quotes a text, that is marked."""
        files = sorted((REPOSITORY / "tests/spec/invalid").glob("*.yaml"))
        self.assertGreater(len(files), 50)
        quoted = 0
        for file in files:
            with self.subTest(file=file.name):
                text = program(file.parent, "validate", "--format", "sarif", "-f", file.name, exits=(0, 1))
                log = SarifLog(text, REPOSITORY)
                self.assertTrue(log.results)
                for result in log.results:
                    places = result["locations"] + result.get("relatedLocations", [])
                    marked = [log.marked(place) for place in places if "region" in place["physicalLocation"]]
                    found = re.match("found the text `(.*?)`|`(.*?)` is not a key|`(.*?)` stands twice", result["message"]["text"])
                    if found and result["ruleId"] != "bad-policy":
                        quoted += 1
                        self.assertIn(next(filter(None, found.groups())), marked[0])
        self.assertGreater(quoted, 50)

    def test_the_facts_are_strict(self):
        """A log with any member under another name is refused, so the check above sees what it should."""
        log = self.log(("good.yaml", GOOD), ("bad.yaml", BAD), ("twice.yaml", TWICE), exits=(1,)).document
        accepted = [place for place, other in misspelled(log) if SARIF.is_valid(other)]
        self.assertEqual(accepted, [])


class JunitOfDrift(unittest.TestCase):
    """Accounts as tests."""

    def read(self, text):
        """The report by a reader, after it was checked: by the schema, and that its counts are those of its tests."""
        JUNIT.validate(text)
        report = junitparser.JUnitXml.fromstring(text.encode())
        told = [(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) for suite in report]
        whole = (report.tests, report.failures, report.errors)
        for suite in report:
            suite.update_statistics()
        report.update_statistics()
        self.assertEqual(told, [(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) for suite in report])
        self.assertEqual(whole, (report.tests, report.failures, report.errors))
        return report

    def test_accounts_are_tests(self):
        """In sync passes, drifted fails, unknown is an error, ignored and suspended are skipped; pending passes."""
        with Simulated() as organization:
            organization.rolecall("apply", "--auto-approve")
            well = self.read(organization.rolecall("drift", "--format", "junit"))
            self.assertEqual((well.tests, well.failures, well.errors), (7, 0, 0))
            organization.trouble()
            text = organization.rolecall("drift", "--format", "junit", exits=(2,))
            [suite] = self.read(text)
            self.assertEqual(suite.name, "scanner")
            ends = {case.name.split(" ")[0]: case.result[0] if case.result else None for case in suite}
            self.assertEqual({account: type(end).__name__ for account, end in ends.items()}, {
                "111111111111": "NoneType",  # its role is to change, which is no drift
                "222222222222": "Failure", "333333333333": "Skipped", "444444444444": "Error",
                "555555555555": "Failure", "666666666666": "Failure", "777777777777": "Skipped",
            })
            self.assertIn("AdministratorAccess", ends["222222222222"].text)
            self.assertIn("AttachRolePolicy by user Administrator", ends["222222222222"].text)
            self.assertIn("ignored until 2999-12-31: finance labels its accounts", ends["333333333333"].message)
            self.assertEqual(ends["444444444444"].type, "AccessDenied")
            self.assertIn("denied & <refused>", ends["444444444444"].message)
            self.assertIn("SUSPENDED", ends["777777777777"].message)
            # Each test has the account's id and name, and no two are the same.
            names = [case.name for case in suite]
            self.assertEqual(len(names), len(set(names)))
            self.assertIn("222222222222 (shop)", names)

    def test_what_is_wrong_elsewhere_is_a_test_of_its_own(self):
        """A stack set that was changed, trusted access, and a stack set that cannot be read."""
        with Simulated() as organization:
            organization.rolecall("apply", "--auto-approve")
            organization.faults({"service": "cloudformation", "operation": "DescribeStackSet", "effect": "deny"})
            report = self.read(organization.rolecall("drift", "--format", "junit", exits=(3,)))
            kinds = [(suite.name, case.name, type(case.result[0]).__name__) for suite in report for case in suite if case.result]
            self.assertIn(("organization", "rolecall-scanner", "Error"), kinds)

    def test_no_text_of_others_breaks_it(self):
        """Control characters, the end of a CDATA section and what XML 1.0 has no place for, in what IAM says."""
        hostile = "]]><failure/>&amp;\t\"'\u0085\ud7ff\ufffd"
        with Simulated() as organization:
            organization.rolecall("apply", "--auto-approve")
            policy = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Sid": "x", "Effect": "Allow", "Action": "s3:Get*", "Resource": hostile}]})
            organization.iam("222222222222").put_role_policy(RoleName=ROLE, PolicyName="odd", PolicyDocument=policy)
            organization.faults({"service": "sts", "operation": "AssumeRole", "account": "333333333333", "effect": {
                "error": {"code": "AccessDenied", "status": 403, "message": "]]> &#0; <b>"}}})
            text = organization.rolecall("drift", "--format", "junit", exits=(2,))
            [suite] = self.read(text)
            ends = {case.name.split(" ")[0]: case.result[0] for case in suite if case.result}
            self.assertIn("]]><failure/>&amp;", ends["222222222222"].text)
            self.assertIn("]]> &#0; <b>", ends["333333333333"].message)

    def test_the_schema_is_strict(self):
        """A file with any attribute or element under another name, or one twice, is refused."""
        with Simulated() as organization:
            organization.trouble()
            text = organization.rolecall("drift", "--format", "junit", exits=(2,))
        count = 0
        whole = ElementTree.fromstring(text)
        for index, element in enumerate(whole.iter()):
            for name in [None, *element.attrib]:
                other = copy.deepcopy(whole)
                chosen = list(other.iter())[index]
                if name is None:
                    chosen.tag += "z"
                else:
                    chosen.set(name + "z", chosen.attrib.pop(name))
                count += 1
                self.assertFalse(JUNIT.is_valid(ElementTree.tostring(other, encoding="unicode")), (element.tag, name))
        self.assertGreater(count, 40)
        whole.append(copy.deepcopy(whole[0][0]))
        self.assertFalse(JUNIT.is_valid(ElementTree.tostring(whole, encoding="unicode")))


class Comment:
    """Markdown as GitHub reads it: CommonMark with tables."""

    def __init__(self, text):
        self.text = text
        assert len(text) < GITHUB, f"{len(text)} characters"
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.tokens = parser.parse(text)
        self.headings, self.rows, shown, folds = [], [], [], 0
        for at, token in enumerate(self.tokens):
            if token.type == "html_block":
                folds += token.content.count("<details>") - token.content.count("</details>")
                assert folds in (0, 1), token.content
            elif token.type == "heading_open":
                self.headings.append(plain(self.tokens[at + 1]))
            elif token.type == "tr_open":
                self.rows.append([])
            elif token.type == "inline" and self.tokens[at - 1].type in ("td_open", "th_open"):
                self.rows[-1].append(plain(token))
            if token.content and folds == 0:
                shown.append(plain(token) if token.type == "inline" else token.content)
        assert folds == 0, "a fold is not closed"
        self.unfolded = "\n".join(shown)


def plain(token):
    """The text of an inline token."""
    return "".join(child.content for child in token.children or [])


class MarkdownForComments(unittest.TestCase):
    """Comments on plans, drift and status of an organization in trouble."""

    @classmethod
    def setUpClass(cls):
        cls.organization = Simulated()
        cls.addClassCleanup(cls.organization.__exit__)
        cls.organization.trouble()
        # A role in the way is held back.
        cls.organization.iam("111111111111").create_role(RoleName="OtherRole", AssumeRolePolicyDocument=json.dumps(FOREIGN))
        file = cls.organization.directory / "rolecall.yaml"
        file.write_text(file.read_text() + OTHER)
        cls.organization.rolecall("snapshot", "-o", "small.json")

    def comment(self, command, *words, exits=(0,)):
        """A command's comment."""
        return Comment(self.organization.rolecall(command, *words, "--format", "markdown", exits=exits))

    def test_a_plan_shows_what_is_held_back_and_unknown(self):
        """Neither is folded; the details are."""
        comment = self.comment("plan")
        self.assertTrue(comment.text.startswith("<!-- rolecall:plan:o-small12345 -->\n## Rolecall plan: "))
        for said in ["OtherRole", "444444444444", "What to do"]:
            self.assertIn(said, comment.unfolded)
        self.assertNotIn("AdministratorAccess", comment.unfolded)
        self.assertEqual(comment.headings[1:], ["Held back", "Not read, so nothing is planned there", "Changes", "Details"])
        self.assertEqual({len(row) for row in comment.rows}, {4, 6})

    def test_drift_shows_what_is_unknown_ignored_and_expired(self):
        """None of these is folded, and no account stands twice in the table."""
        comment = self.comment("drift", exits=(2,))
        for said in ["444444444444", "finance labels its accounts", "2999-12-31", "the audit of spring",
                     "Who changed a role is not told for 1 account"]:
            self.assertIn(said, comment.unfolded)
        self.assertNotIn("AttachRolePolicy", comment.unfolded)
        self.assertIn("AttachRolePolicy by user Administrator", comment.text)
        self.assertEqual(comment.headings[1:], ["Not read, so nothing is known of them", "Not as it was last applied",
                                                "Details", "Ignored, as the file says", "Ignored no more"])
        drifted = [row[2] for row in comment.rows if row[0] == "scanner" and len(row) == 3]
        self.assertEqual(drifted, ["222222222222 (shop)", "555555555555 (audit)", "666666666666 (playground)"])

    def test_status_is_a_table(self):
        """Counts, reasons, and the accounts that need a look; nothing is folded."""
        comment = self.comment("status")
        self.assertNotIn("<details>", comment.text)
        self.assertEqual(comment.headings[1:], ["Reasons", "Accounts that need a look"])
        self.assertIn(["222222222222 (shop)", "Root/Workloads/Prod", "scanner drifted"], comment.rows)

    def test_five_thousand_accounts_fit(self):
        """Drift that differs in each account, and accounts that cannot be read: under GitHub's limit, with every count."""
        snapshot = json.loads(self.organization.file("small.json"))
        drifted, unread = multiply(snapshot["snapshot"]["observed"])
        (self.organization.directory / "large.json").write_text(json.dumps(snapshot))
        document = json.loads(self.organization.rolecall("drift", "--observed", "large.json", "--format", "json", exits=(2,)))
        self.assertEqual((document["summary"]["accounts_drifted"], document["summary"]["unknown"]), (drifted, unread))
        comment = self.comment("drift", "--observed", "large.json", exits=(2,))
        self.assertGreater(len(comment.text), GITHUB * 9 // 10)
        findings = document["summary"]["findings"]
        for said in [f"{findings} differences in {drifted} accounts", f"{unread} accounts unknown", f"in {unread} accounts",
                     "This is cut to the size of a comment", "This rests on the snapshot of"]:
            self.assertIn(said, comment.unfolded)
        # What is shown and what is counted make the whole.
        rows = [row for row in comment.rows if len(row) == 3 and row[0] == "scanner"]
        [rest] = [row for row in comment.rows if row[0].startswith("and ")]
        accounts = sum(int(row[2].split(" ")[0]) if row[2].endswith(" accounts") else 1 for row in rows)
        self.assertEqual(accounts + int(rest[2].split(" ")[0]), drifted)
        self.assertIn(f"and {drifted - accounts} more rows", rest[0])
        self.assertIn(f"{unread} accounts could not be read", self.comment("plan", "--observed", "large.json").unfolded)
        # Accounts that failed alike have one reason.
        self.assertIn(f"in {unread} accounts", self.comment("status", "--observed", "large.json").unfolded)


OTHER = """  other:
    external_id: other-external-id
    role:
      name: OtherRole
      trust: { principals: ["arn:aws:iam::922761411349:root"] }
      managed_policies: [SecurityAudit]
    targets: { organizational_units: [Security] }
"""


def multiply(observed):
    """Adds accounts until there are many: of four, three drifted each in its own way and one cannot be read. Gives how many
    of either there are then."""
    accounts = observed["org"]["accounts"]
    [instances] = [one["known"]["instances"] for name, one in observed["stack_sets"]["known"].items() if "scanner" in name]
    drifted, unread = 3, 1
    for number in range(LARGE - len(accounts)):
        account = str(500_000_000_000 + number)
        pattern = "444444444444" if number % 4 == 3 else "555555555555"
        accounts[account] = dict(accounts["222222222222"], name=f"account-{number:04}")
        instances[account] = dict(instances[pattern])
        role = json.loads(json.dumps(observed["roles"][pattern]).replace(pattern, account))
        if pattern == "555555555555":
            role["known"][ROLE]["role"]["description"] = f"changed by hand in {account}"
            drifted += 1
        else:
            unread += 1
        observed["roles"][account] = role
    return drifted, unread


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    unittest.main(verbosity=2)
