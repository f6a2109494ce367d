//! Sentences that must and must not be flagged, each read as part of a text about both management systems.

use super::review;
use concord::{standards::Concern, terminology::TextFormat};

crate::harness::cases![
    loose_words_are_flagged,
    precise_and_other_words_are_not,
    a_text_about_one_system_is_read_its_way,
    a_text_that_tells_nothing_is_read_either_way,
    a_passage_explains_itself,
    case_and_number_do_not_matter,
    the_same_sentence_is_judged_alike_every_time,
];

/// Makes any text one about both systems, with no finding of its own.
const BOTH: &str = "This manual serves our ISMS and our SMS.\n\n";

/// The terms flagged in a sentence that stands in a text about both systems.
fn flagged(sentence: &str) -> Vec<String> {
    let review = review(&format!("{BOTH}{sentence}"), TextFormat::Plain);
    assert_eq!(review.concerns, Concern::Both);
    review.passages.into_iter().map(|passage| passage.term).collect()
}

const FLAGGED: [(&str, &[&str]); 50] = [
    ("The ISMS and the SMS treat every incident alike.", &["incident"]),
    ("The SMS keeps a list of stakeholders.", &["interested-party"]),
    ("2 Incident handling\nAll of them are logged.", &["incident"]),
    ("Every incident is closed within five days.", &["incident"]),
    ("Incidents are reported to the service desk.", &["incident"]),
    ("Report the incident by telephone.", &["incident"]),
    ("An incident is assigned to a team; incidents out of hours go to the duty team.", &["incident", "incident"]),
    ("The incident management process applies to all staff.", &["incident"]),
    ("We measure availability every month.", &["availability"]),
    ("Availability must be maintained.", &["availability"]),
    ("Loss of availability is escalated.", &["availability"]),
    ("The risk concerns availability.", &["availability"]),
    ("Accessibility must be preserved.", &["accessibility"]),
    ("We protect accessibility at all sites.", &["accessibility"]),
    ("All assets are listed.", &["asset"]),
    ("Each asset has a name and a place.", &["asset"]),
    ("Damage to an asset must be reported.", &["asset"]),
    ("The scope covers assets and people.", &["asset"]),
    ("Records are kept for three years.", &["record"]),
    ("A record must be legible.", &["record"]),
    ("We keep records for auditors.", &["record"]),
    ("All records are protected against loss.", &["record"]),
    ("The service provider reports monthly. The organization approves the plan.", &["organization"]),
    ("Our service provider is certified, and the organisation keeps the certificate.", &["organization"]),
    ("The cloud service provider stores our data.", &["service-provider"]),
    ("External service providers sign the code of conduct.", &["service-provider"]),
    ("Third-party service providers are reviewed yearly.", &["service-provider"]),
    ("Third parties must sign an agreement.", &["third-party"]),
    ("Data is shared with a third party.", &["third-party"]),
    ("Third-party access is limited.", &["third-party"]),
    ("The controls are reviewed every year.", &["control"]),
    ("Each control has an owner.", &["control"]),
    ("We implement controls where needed.", &["control"]),
    ("Applicable controls must be tested.", &["control"]),
    ("Controls must be documented.", &["control"]),
    ("Events are assessed within one day.", &["event"]),
    ("Every event is logged and triaged.", &["event"]),
    ("The continuity plan is tested yearly.", &["service-continuity"]),
    ("Continuity must be ensured.", &["service-continuity"]),
    ("A risk assessment is carried out each year.", &["risk-assessment"]),
    ("The acceptable level of risk is set by the board.", &["risk-acceptance"]),
    ("Preventive actions are tracked.", &["preventive-action"]),
    ("Users report problems by e-mail.", &["problem"]),
    ("If you experience a problem, call us.", &["problem"]),
    ("Stakeholders are consulted.", &["interested-party"]),
    ("Our clients receive monthly reports.", &["customer"]),
    ("Vendors are assessed before purchase.", &["supplier"]),
    ("Internal suppliers agree on targets.", &["supplier"]),
    ("An incident may harm an asset of a third party.", &["incident", "asset", "third-party"]),
    ("The organization chart is public. Every incident counts.", &["incident"]),
];

const NOT_FLAGGED: [&str; 94] = [
    "An incident under ISO/IEC 27001 may touch no service.",
    "The SMS treats every incident alike.",
    "ISO/IEC 20000-1 asks for availability plans; availability is measured.",
    "A record of the approval is kept.",
    "Once the call has ended, the record is closed.",
    "The ISMS covers all assets and all controls.",
    "Every information security incident is assessed.",
    "Security incidents are reported to the duty officer.",
    "A service incident interrupts a service.",
    "Major incidents are led by a named person.",
    "The incident and service request process is described below.",
    "The night passed without incident.",
    "Write the incident number on the form.",
    "An information security incident is assessed first. The incident is then assigned.",
    "Service incidents are logged; these incidents have a priority.",
    "Service availability is measured monthly.",
    "The availability of the service is reported.",
    "Confidentiality, integrity and availability are preserved.",
    "We rate integrity, availability and confidentiality.",
    "The availability of information is an objective.",
    "We guarantee 99.9 % availability.",
    "The availability target is agreed with customers.",
    "Interviews are subject to availability.",
    "The date depends on the availability of staff.",
    "Continuity and availability plans are tested.",
    "Confidentiality, integrity and accessibility of information are kept.",
    "Web accessibility follows the published guidelines.",
    "Accessibility for people with disabilities is checked.",
    "Every information asset has an owner.",
    "Financial assets are depreciated.",
    "Assets and configuration items are labelled.",
    "Asset management is described in chapter 4.",
    "The asset register is reviewed.",
    "The inventory of assets is complete.",
    "Our people are our greatest asset.",
    "Hardware assets are tagged.",
    "Please record the time of the call.",
    "The service desk must record every call.",
    "We record all calls.",
    "Calls are recorded and reviewed.",
    "Record the outcome in the tool.",
    "Training records are kept by the personnel office.",
    "The incident record shows who acted.",
    "Documents and records are protected.",
    "For the record, the board agreed.",
    "The supplier has a good track record.",
    "Control of records is described in chapter 7.",
    "A DNS record points to the site.",
    "The organization chart shows the units.",
    "The organization approves the plan.",
    "ISO is the International Organization for Standardization; the service provider follows it.",
    "The service provider belongs to the customer organization.",
    "Service providers conform to ISO/IEC 20000-1.",
    "A third-party audit takes place in May.",
    "Third-party libraries are scanned.",
    "Third-party software is licensed.",
    "Security controls are reviewed every year.",
    "Every security control has an owner; the controls are tested.",
    "Access control is enforced.",
    "Change control is described in chapter 9.",
    "Document control is automated.",
    "Quality control takes place daily.",
    "The remote control of the projector is lost.",
    "Versions must be controlled.",
    "The supplier controls the network.",
    "Managers must control costs.",
    "It is beyond our control.",
    "The technician has control of the system.",
    "The control objectives of Annex A are met.",
    "We use controls from Annex A.",
    "In the event of fire, leave the building.",
    "In any event, call the duty officer.",
    "Information security events are assessed.",
    "Significant events are reported to customers.",
    "The event log is kept for a year.",
    "A series of events led to the outage.",
    "The team event takes place in June.",
    "Service continuity is tested yearly.",
    "The business continuity plan is approved.",
    "Information security continuity is planned.",
    "The information security risk assessment is repeated yearly.",
    "The common risk assessment covers both systems.",
    "The customer's risk acceptance level is agreed.",
    "Problem management finds root causes.",
    "A problem is the cause of one or more service incidents.",
    "No problem was found.",
    "The VPN client is installed by default.",
    "Client certificates expire yearly.",
    "Interested parties are consulted.",
    "Customers agree on targets.",
    "Suppliers are assessed before purchase.",
    "See https://example.org/incident/assets for details.",
    "Write to incident@example.org.",
    "The field incident_state and the hook asset.created exist.",
];

fn loose_words_are_flagged() {
    let wrong: Vec<_> = FLAGGED.iter().filter(|(sentence, terms)| flagged(sentence) != *terms).collect();
    let found: Vec<_> = wrong.iter().map(|(sentence, _)| (sentence, flagged(sentence))).collect();
    assert!(wrong.is_empty(), "{found:#?}");
}

fn precise_and_other_words_are_not() {
    let wrong: Vec<_> = NOT_FLAGGED.iter().map(|sentence| (sentence, flagged(sentence))).collect();
    let wrong: Vec<_> = wrong.into_iter().filter(|(_, terms)| !terms.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn a_text_about_one_system_is_read_its_way() {
    let service = "The service desk logs every incident. Availability is reported per SLA. Assets are listed.";
    let found = review(service, TextFormat::Plain);
    assert_eq!((found.concerns, found.passages.len()), (Concern::Sms, 0), "{:?}", found.passages);
    let security = "We run an ISMS. We treat every incident. All assets are listed. Controls are reviewed.";
    let found = review(security, TextFormat::Plain);
    assert_eq!((found.concerns, found.passages.len()), (Concern::Isms, 0), "{:?}", found.passages);
    // Some words are loose whichever system speaks.
    let found = review("The service desk takes calls. Users report problems to it.", TextFormat::Plain);
    assert_eq!(found.passages.iter().map(|passage| &*passage.term).collect::<Vec<_>>(), ["problem"]);
}

fn a_text_that_tells_nothing_is_read_either_way() {
    let found = review("Every incident is closed.", TextFormat::Plain);
    assert_eq!((found.concerns, found.passages.len()), (Concern::Unclear, 1));
}

fn a_passage_explains_itself() {
    let found = review(&format!("{BOTH}Good. Each asset has a name. Fine."), TextFormat::Plain);
    let [passage] = &found.passages[..] else { panic!("{found:?}") };
    assert_eq!((&*passage.word, &*passage.sentence), ("asset", "Each asset has a name."));
    assert!(passage.reason.contains("configuration item") && passage.suggestion.contains("`financial asset`"));
    assert_eq!(passage.clauses.first().map(String::as_str), Some("iso27013-2015/6.2.1"));
}

fn case_and_number_do_not_matter() {
    for word in ["incident", "Incident", "INCIDENT", "incidents", "Incidents", "INCIDENTS"] {
        let found = review(&format!("{BOTH}Each of them: {word}."), TextFormat::Plain);
        assert_eq!(found.passages.iter().map(|passage| &*passage.word).collect::<Vec<_>>(), [word]);
    }
    assert_eq!(flagged("The third\nparties’ data is at risk."), ["third-party"]);
    assert_eq!(flagged("An asset's value and an asset’s place."), ["asset", "asset"]);
}

fn the_same_sentence_is_judged_alike_every_time() {
    let once = "Every incident is closed. ";
    let found = review(&format!("{BOTH}{}", once.repeat(50)), TextFormat::Plain);
    assert_eq!(found.passages.len(), 50);
}
