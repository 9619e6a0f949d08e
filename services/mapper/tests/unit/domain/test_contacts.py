from dataclasses import replace

import pytest

from ledgerwire.common.ledger.document import Contact, ContactPolicy
from ledgerwire.mapper.domain.contacts import ContactIndex, bare, chosen_contact
from ledgerwire.mapper.domain.model import ContactLink
from ledgerwire.mapper.domain.settings import ContactSettings

from .build import ACME, SETTINGS, document, mapped, source, stop, stops

POLICIES = {policy: replace(SETTINGS, contacts=ContactSettings(policy)) for policy in ContactPolicy}


def facing(*contacts, policy=ContactPolicy.CREATE, link=None, links=None, company=ACME):
    """A record whose company meets these ledger contacts."""
    settings = POLICIES[policy]
    if links:
        settings = replace(settings, contacts=ContactSettings(policy, links))
    chosen = (links or {}).get(str(company.company_id))
    found = ContactIndex.of(contacts).candidates(company, link, chosen)
    return replace(source(company=company, settings=settings), link=link, contacts=found)


@pytest.mark.requirement("A012", "A129", "M13")
@pytest.mark.parametrize(
    ("lacks", "codes"),
    [
        ({"primary_contact": None}, ["CONTACT_PRIMARY_MISSING"]),
        ({"billing_contact": None}, ["CONTACT_BILLING_MISSING"]),
        ({"primary_contact": None, "billing_contact": None}, ["CONTACT_PRIMARY_MISSING", "CONTACT_BILLING_MISSING"]),
    ],
)
def test_a_bill_to_company_without_its_contacts_stops_before_posting(lacks, codes):
    assert stops(source(company=replace(ACME, **lacks))) == codes


@pytest.mark.requirement("M25")
def test_the_clerk_reads_whose_contact_is_missing():
    finding = stop(source(company=replace(ACME, billing_contact=None)))
    assert finding.message == "Acme has no billing contact."
    assert finding.entry.render_action(finding.params) == "Set one on the company, then Retry."


@pytest.mark.requirement("M13")
@pytest.mark.parametrize("policy", list(ContactPolicy))
@pytest.mark.parametrize(
    "contact",
    [
        Contact("c-1", "Something else", account_number="ACME01"),
        Contact("c-1", "Something else", external_number="ACME01"),
        Contact("c-1", "Acme"),
    ],
)
def test_the_account_number_comes_before_the_name_and_both_link_in_silence(policy, contact):
    result = mapped(facing(contact, Contact("c-0", "Acme Ltd"), policy=policy))
    decision = result.documents[0].contact
    assert (decision.decision, decision.candidate_id, result.findings) == ("link", "c-1", ())


@pytest.mark.requirement("D9")
def test_a_link_is_by_id_whatever_either_side_is_called_now():
    linked = facing(Contact("c-9", "Renamed"), Contact("c-1", "Acme"), link=ContactLink("linked", "c-9"))
    assert document(linked).contact.candidate_id == "c-9"
    chosen = facing(Contact("c-9", "Renamed"), Contact("c-1", "Acme"), links={"250": "c-9"})
    assert (document(chosen).contact.decision, document(chosen).contact.candidate_id) == ("link", "c-9")
    relinked = facing(Contact("c-8", "X"), Contact("c-9", "Y"), link=ContactLink("linked", "c-8"), links={"250": "c-9"})
    assert (document(relinked).contact.decision, document(relinked).contact.candidate_id) == ("link", "c-9")


@pytest.mark.requirement("D9", "A135", "M25")
def test_a_new_contact_is_never_made_in_silence():
    result = mapped(facing(Contact("c-1", "Acme Pty Ltd"), Contact("c-2", "Other", email="PAY@acme.example")))
    [finding] = result.findings
    assert result.documents[0].contact.decision == "create"
    assert finding.code == "CONTACT_WILL_BE_CREATED"
    assert finding.message == "New contact made for Acme. Similar: 'Acme Pty Ltd', 'Other'."
    assert finding.entry.render_action(finding.params) == "Same? Link them."
    assert mapped(facing()).findings[0].params["similar"] == "none"


@pytest.mark.requirement("D9")
@pytest.mark.parametrize("name", ["ACME", " Acme ", "acme"])
def test_a_name_that_differs_by_case_and_spaces_only_is_the_same_company_and_is_told(name):
    company = replace(ACME, name="Acme")
    given = facing(Contact("c-1", name if name.strip() != "Acme" else "A C M E"), company=company)
    if name.strip() == "Acme":
        assert document(facing(Contact("c-1", name))).contact.candidate_id == "c-1"
        return
    result = mapped(given)
    assert result.documents[0].contact.candidate_id == "c-1"
    assert [finding.code for finding in result.findings] == ["CONTACT_NEAR_MATCH"]
    assert "?" not in result.findings[0].message


@pytest.mark.requirement("D9")
@pytest.mark.parametrize(
    ("contacts", "codes"),
    [
        ([Contact("c-1", "Acme Pty Ltd")], {"link": ["CONTACT_NEAR_MATCH"], "hold": ["CONTACT_UNLINKED"]}),
        (
            [Contact("c-1", "X", email="pay@acme.example")],
            {"link": ["CONTACT_NEAR_MATCH"], "hold": ["CONTACT_UNLINKED"]},
        ),
        (
            [Contact("c-1", "Acme Ltd"), Contact("c-2", "Acme Inc")],
            {"link": ["CONTACT_UNLINKED"], "hold": ["CONTACT_UNLINKED"]},
        ),
        ([], {"link": ["CONTACT_UNLINKED"], "hold": ["CONTACT_UNLINKED"]}),
    ],
)
def test_near_matches_are_linked_or_held_by_policy(contacts, codes):
    near = facing(*contacts, policy=ContactPolicy.LINK)
    if codes["link"] == ["CONTACT_NEAR_MATCH"]:
        assert [finding.code for finding in mapped(near).findings] == codes["link"]
    else:
        assert stops(near) == codes["link"]
    assert stops(facing(*contacts, policy=ContactPolicy.HOLD)) == codes["hold"]


@pytest.mark.requirement("M25")
def test_an_archived_contact_stops_unless_an_active_one_agrees_too():
    gone = Contact("c-1", "Acme", active=False)
    assert stop(facing(gone)).params["chosen"] == "Acme"
    assert document(facing(gone, Contact("c-2", "Acme"))).contact.candidate_id == "c-2"
    assert stops(facing(gone, link=ContactLink("linked", "c-1"))) == ["CONTACT_ARCHIVED"]


TWINS = (Contact("c-2", "Acme North", account_number="ACME01"), Contact("c-1", "Acme South", account_number="ACME01"))


@pytest.mark.requirement("M13", "D9")
@pytest.mark.parametrize("policy", list(ContactPolicy))
def test_several_active_contacts_of_one_number_are_never_chosen_from_in_silence(policy):
    finding = stop(facing(*TWINS, policy=policy))
    assert finding.code == "CONTACT_UNLINKED"
    assert (finding.params["similar"], finding.params["agree"]) == ("'Acme South' (c-1), 'Acme North' (c-2)", "2")
    same_name = [Contact("c-1", "Acme"), Contact("c-2", "Acme")]
    assert stops(facing(*same_name, policy=policy)) == ["CONTACT_UNLINKED"]


@pytest.mark.requirement("M13")
def test_the_exact_name_or_being_active_tells_contacts_of_one_number_apart():
    named = Contact("c-3", "Acme", account_number="ACME01")
    assert document(facing(*TWINS, named)).contact.candidate_id == "c-3"
    archived = replace(TWINS[1], active=False)
    assert document(facing(TWINS[0], archived)).contact.candidate_id == "c-2"
    assert document(facing(archived, Contact("c-9", "Acme"))).contact.candidate_id == "c-9"


def test_a_held_link_stops_and_one_in_the_making_is_decided_as_before():
    assert "CONTACT_HELD" in stops(facing(link=ContactLink("held", None)))
    assert document(facing(link=ContactLink("linking", None))).contact.decision == "create"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Acme Pty Ltd", "acme", True),
        ("The Acme Co., Inc.", "ACME", True),
        ("O'Neill & Sons", "ONeill and Sons Pty. Ltd.", True),
        ("Ltd", "Limited", False),
        ("Meridian Legal", "Meridian Legal Services", False),
    ],
)
def test_what_counts_as_the_same_name_but_for_its_legal_form(one, other, same):
    assert (bare(one) == bare(other)) is same


def test_candidates_come_in_one_order_however_the_ledger_lists_them():
    contacts = [Contact(f"c-{n}", "Acme Ltd") for n in range(5)]
    forward, backward = ContactIndex.of(contacts), ContactIndex.of(reversed(contacts))
    assert forward.candidates(ACME, None, None) == backward.candidates(ACME, None, None)


@pytest.mark.requirement("D9")
def test_a_link_to_a_contact_that_the_ledger_does_not_have_stops_and_names_it():
    by_settings = stop(facing(Contact("c-1", "Acme"), links={"250": "c-99"}))
    assert by_settings.code == "CONTACT_LINK_UNKNOWN"
    assert by_settings.message == "Acme is to be posted to contact 'c-99' by settings, which Xero does not have."
    by_choice = stop(replace(facing(Contact("c-1", "Acme")), choices=("LINK:c-98",)))
    assert (by_choice.code, by_choice.params["contact"], by_choice.params["source"]) == (
        "CONTACT_LINK_UNKNOWN",
        "c-98",
        "choice",
    )


@pytest.mark.requirement("D9", "D3")
def test_of_several_contacts_that_a_person_chose_the_latest_holds():
    given = facing(Contact("c-1", "Acme Ltd"), Contact("c-2", "Acme Inc"), policy=ContactPolicy.HOLD)

    def chose(*choices):
        made = document(replace(given, choices=choices)).contact
        return made.decision, made.candidate_id

    assert chose("LINK:c-1", "LINK:c-2") == ("link", "c-2")
    assert chose("CREATE_CONTACT", "LINK:c-1") == ("link", "c-1")
    assert chose("LINK:c-1", "CREATE_CONTACT") == ("create", None)
    assert chose("LINK:typo", "CREATE_CONTACT") == ("create", None)
    assert chosen_contact(("LINK:c-1", "HOLD", "LINK:c-2", "HOLD")) == "c-2"
    assert chosen_contact(("LINK:c-1", "CREATE_CONTACT")) is None
    assert chosen_contact(()) is None
