use super::*;
use crate::error::{LimitKind, Rejection, XmlProblem};
use crate::limits::Limits;

fn parse(input: &str) -> Result<Document, Rejection> {
    Document::parse(input.to_owned(), &Limits::default())
}

#[track_caller]
fn assert_malformed(input: &str, expected: XmlProblem) {
    match parse(input).err() {
        Some(Rejection::XmlMalformed { problem, .. }) => assert_eq!(problem, expected, "{input:?}"),
        other => panic!("{input:?} gives {other:?} instead of {expected:?}"),
    }
}

#[test]
fn ill_formed_documents_are_refused_by_name() {
    use XmlProblem::*;
    for (input, problem) in [
        ("", Root),
        ("  \n", Root),
        ("<!-- only -->", Root),
        ("<a/><b/>", Root),
        ("<a></a><a></a>", Root),
        ("text", ContentOutsideRoot),
        ("<a/>text", ContentOutsideRoot),
        ("<a/>&amp;", ContentOutsideRoot),
        ("<a/><![CDATA[ ]]>", ContentOutsideRoot),
        ("&#32;<a/>", ContentOutsideRoot),
        ("<a>", MismatchedTag),
        ("<a><b></a></b>", MismatchedTag),
        ("</a>", MismatchedTag),
        ("<a></A>", MismatchedTag),
        ("<a", Syntax),
        ("<a><!-- -- --></a>", Syntax),
        ("<a><!-- --->", Syntax),
        ("<a><![cdata[x]]></a>", Syntax),
        ("<a>x]]>y</a>", Syntax),
        ("<a><!ELEMENT b></a>", Syntax),
        ("<a>a & b</a>", Reference),
        ("<a>&nbsp;</a>", Reference),
        ("<a>&#x;</a>", Reference),
        ("<a b='&x;'/>", Reference),
        ("<a>\u{1}</a>", Character),
        ("<a>\u{ffff}</a>", Character),
        ("<a>&#0;</a>", Character),
        ("<a b='&#xFFFE;'/>", Character),
        ("<a b='1'c='2'/>", Attribute),
        ("<a b=1/>", Attribute),
        ("<a b/>", Attribute),
        ("<a b='<'/>", Attribute),
        ("<a b='1' b='2'/>", DuplicateAttribute),
        ("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", DuplicateAttribute),
        ("<a xmlns='urn:x' xmlns='urn:x'/>", DuplicateAttribute),
        ("<a xmlns:p='urn:x' xmlns:p='urn:y'/>", DuplicateAttribute),
        ("<1a/>", Name),
        ("<a:b:c xmlns:a='urn:x'/>", Name),
        ("<:a/>", Name),
        ("<a ::foo='1'/>", Name),
        ("<a b:='1'/>", Name),
        ("<a xmlns:='urn:x'/>", Name),
        ("<a><?b:c d?></a>", Name),
        ("<a><?XML d?></a>", Name),
        ("<p:a/>", UndeclaredPrefix),
        ("<a p:b='1'/>", UndeclaredPrefix),
        ("<a><b xmlns:p='urn:x'/><p:c/></a>", UndeclaredPrefix),
        ("<a xmlns:p=''/>", Namespace),
        ("<a xmlns:xml='urn:x'/>", Namespace),
        ("<a xmlns:xmlns='urn:x'/>", Namespace),
        ("<a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>", Namespace),
        ("<a xmlns='http://www.w3.org/2000/xmlns/'/>", Namespace),
        ("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", Namespace),
        ("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", Namespace),
        ("<xmlns:a/>", UndeclaredPrefix),
        (" <?xml version='1.0'?><a/>", DeclarationMisplaced),
        ("<!-- --><?xml version='1.0'?><a/>", DeclarationMisplaced),
        ("<a><?xml version='1.0'?></a>", DeclarationMisplaced),
        ("<a/><?xml version='1.0'?>", DeclarationMisplaced),
        ("<?xml version='1.0'?><?xml version='1.0'?><a/>", DeclarationMisplaced),
        ("<?xml?><a/>", Declaration),
        ("<?xml encoding='UTF-8'?><a/>", Declaration),
        ("<?xml encoding='UTF-8' version='1.0'?><a/>", Declaration),
        ("<?xml version='1.0' version='1.0'?><a/>", Declaration),
        ("<?xml version='1.0' standalone='maybe'?><a/>", Declaration),
        ("<?xml version='1.0' x='y'?><a/>", Declaration),
        ("<?xml version='1.1'?><a/>", Version),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", Encoding),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>", Encoding),
    ] {
        assert_malformed(input, problem);
    }
}

#[test]
fn well_formed_documents_are_read() {
    let text = "<?xml version=\"1.0\" encoding='utf-8' standalone=\"no\" ?>\r\n<!-- c --><?pi d?>\
                <p:a xmlns:p = 'urn:x' p:b='1' b=\"2\" xml:lang='en'>x<![CDATA[<&]]>&#x41;&gt;<!-- no -->\r\ny<c/></p:a ><!-- e -->\n";
    let document = parse(text).unwrap();
    let root = document.root().unwrap();
    assert_eq!(root.expanded_name(), "{urn:x}a");
    assert_eq!(root.attribute("b"), Some("2"));
    assert_eq!(root.attribute_ns(Namespace::XML, "lang"), Some("en"));
    assert_eq!(root.attribute("lang"), None);
    assert_eq!(root.text(), None);
    assert_eq!(root.content(), "x<![CDATA[<&]]>&#x41;&gt;<!-- no -->\r\ny<c/>");
    let names: Vec<&str> = document.elements().map(|e| e.local_name()).collect();
    assert_eq!(names, ["a", "c"]);
    let text = parse("<a>x<![CDATA[<&]]>&#x41;&gt;<!-- no -->\r\ny</a>").unwrap();
    assert_eq!(text.root().unwrap().text().as_deref(), Some("x<&A>\ny"));
    assert_eq!(parse("<a>x<?pi?>y</a>").unwrap().root().unwrap().text(), None);
    assert_eq!(parse("<a></a>").unwrap().root().unwrap().text().as_deref(), Some(""));
    assert_eq!(parse("<a   />").unwrap().root().unwrap().content(), "");
}

#[test]
fn doctypes_are_refused_in_any_form() {
    for input in [
        "<!DOCTYPE a><a/>",
        "<!doctype a><a/>",
        "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM 'http://example.test/a.dtd'><a/>",
        "<a/><!DOCTYPE a>",
        "<a><!DOCTYPE a></a>",
    ] {
        assert_eq!(parse(input).err(), Some(Rejection::DtdForbidden), "{input}");
    }
}

#[test]
fn identifiers_are_unique_by_id_alone() {
    assert_eq!(parse("<a ID='x'><b ID='x'/></a>").err(), Some(Rejection::DuplicateId));
    assert_eq!(
        parse("<a ID='x&#x79;'><b><c ID='xy'/></b></a>").err(),
        Some(Rejection::DuplicateId)
    );
    assert!(parse("<a ID='x' Id='x' id='x' xml:id='x'><b ID='X'/></a>").is_ok());
}

#[test]
fn limits_are_exact() {
    let limits = Limits {
        depth: 3,
        attributes: 2,
        namespaces: 2,
        nodes: 6,
        name_bytes: 4,
        text_bytes: 5,
        ..Limits::default()
    };
    let refused = |input: &str| Document::parse(input.to_owned(), &limits).err();
    let exceeded = |limit, allowed| Some(Rejection::XmlLimitExceeded { limit, allowed });
    for accepted in [
        "<a><b><c/></b></a>",
        "<a b='1' c='2'/>",
        "<a xmlns='urn:' xmlns:b='urn:'/>",
        "<a><b/><c/><d/><e/><f/></a>",
        "<abcd/>",
        "<a b='12345'>12345<!--12345--></a>",
    ] {
        assert_eq!(refused(accepted), None, "{accepted}");
    }
    assert_eq!(refused("<a><b><c><d/></c></b></a>"), exceeded(LimitKind::Depth, 3));
    assert_eq!(refused("<a b='1' c='2' d='3'/>"), exceeded(LimitKind::Attributes, 2));
    assert_eq!(
        refused("<a xmlns='a:' xmlns:b='a:' xmlns:c='a:'/>"),
        exceeded(LimitKind::Namespaces, 2)
    );
    assert_eq!(refused("<a><b/><c/><d/><e/><f/><g/></a>"), exceeded(LimitKind::Nodes, 6));
    assert_eq!(refused("<a><b c='1'/><d/><e/><f/></a>"), None);
    assert_eq!(refused("<a><b c='1'/><d/><e/><f/>.</a>"), exceeded(LimitKind::Nodes, 6));
    assert_eq!(refused("<abcde/>"), exceeded(LimitKind::NameBytes, 4));
    assert_eq!(refused("<a bcdef='1'/>"), exceeded(LimitKind::NameBytes, 4));
    for text in [
        "<a>123456</a>",
        "<a b='123456'/>",
        "<a><!--123456--></a>",
        "<a><![CDATA[123456]]></a>",
        "<a><?b 3456?></a>",
    ] {
        assert_eq!(refused(text), exceeded(LimitKind::TextBytes, 5), "{text}");
    }
}

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const INCLUSIVE_11: &str = "http://www.w3.org/2006/12/xml-c14n11";

/// Canonicalizes the first element called `apex`, without the first called `except`.
fn c14n(input: &str, algorithm: &str, prefix_list: &[&str]) -> Result<String, C14nError> {
    let document = parse(input).unwrap();
    let find = |name: &str| document.elements().find(|element| element.local_name() == name);
    let apex = find("apex").unwrap();
    canonicalize(
        apex,
        find("except").map(|e| e.id()),
        C14n::from_uri(algorithm).unwrap(),
        prefix_list,
    )
}

#[track_caller]
fn assert_c14n(input: &str, algorithm: &str, prefix_list: &[&str], expected: &str) {
    assert_eq!(c14n(input, algorithm, prefix_list).as_deref(), Ok(expected), "{algorithm}");
}

#[test]
fn text_and_attributes_are_escaped_and_ordered() {
    let input = "<apex xmlns:b='urn:b' xmlns:a='urn:z' b:y='1' a:x='2'  z='3' c=\"&quot;'&#9;&#10;&#13;&lt;>&amp;\">\
                 &lt;&gt;&amp;\"'&#13;\r\n<![CDATA[<x>]]><e/></apex>";
    let expected = "<apex xmlns:a=\"urn:z\" xmlns:b=\"urn:b\" c=\"&quot;'&#x9;&#xA;&#xD;&lt;>&amp;\" z=\"3\" b:y=\"1\" a:x=\"2\">\
                    &lt;&gt;&amp;\"'&#xD;\n&lt;x&gt;<e></e></apex>";
    for algorithm in [EXCLUSIVE, INCLUSIVE, INCLUSIVE_11] {
        assert_c14n(input, algorithm, &[], expected);
    }
}

#[test]
fn comments_follow_the_algorithm_and_instructions_stay() {
    let input = "<r><apex>a<!-- c -->b<?pi  d ?><?e?></apex></r>";
    for (algorithm, expected) in [
        (EXCLUSIVE.to_owned(), "<apex>ab<?pi d ?><?e?></apex>"),
        (format!("{EXCLUSIVE}WithComments"), "<apex>a<!-- c -->b<?pi d ?><?e?></apex>"),
        (INCLUSIVE.to_owned(), "<apex>ab<?pi d ?><?e?></apex>"),
        (format!("{INCLUSIVE}#WithComments"), "<apex>a<!-- c -->b<?pi d ?><?e?></apex>"),
        (INCLUSIVE_11.to_owned(), "<apex>ab<?pi d ?><?e?></apex>"),
        (format!("{INCLUSIVE_11}#WithComments"), "<apex>a<!-- c -->b<?pi d ?><?e?></apex>"),
    ] {
        assert_c14n(input, &algorithm, &[], expected);
    }
}

#[test]
fn namespaces_are_written_where_each_algorithm_wants_them() {
    let input = "<r xmlns='urn:d' xmlns:u='urn:u' xmlns:v='urn:v'><v:apex><u:a v:b='1'><c/><u:d/></u:a><except/>\
                 <e xmlns=''><f xmlns='urn:d'/></e></v:apex></r>";
    assert_c14n(
        input,
        EXCLUSIVE,
        &[],
        "<v:apex xmlns:v=\"urn:v\"><u:a xmlns:u=\"urn:u\" v:b=\"1\"><c xmlns=\"urn:d\"></c><u:d></u:d></u:a>\
         <e><f xmlns=\"urn:d\"></f></e></v:apex>",
    );
    assert_c14n(
        input,
        EXCLUSIVE,
        &["u", "#default", "unknown"],
        "<v:apex xmlns=\"urn:d\" xmlns:u=\"urn:u\" xmlns:v=\"urn:v\"><u:a v:b=\"1\"><c></c><u:d></u:d></u:a>\
         <e xmlns=\"\"><f xmlns=\"urn:d\"></f></e></v:apex>",
    );
    let inclusive = "<v:apex xmlns=\"urn:d\" xmlns:u=\"urn:u\" xmlns:v=\"urn:v\"><u:a v:b=\"1\"><c></c><u:d></u:d></u:a>\
                     <e xmlns=\"\"><f xmlns=\"urn:d\"></f></e></v:apex>";
    assert_c14n(input, INCLUSIVE, &["u"], inclusive);
    assert_c14n(input, INCLUSIVE_11, &[], inclusive);
}

#[test]
fn redeclared_prefixes_are_written_again() {
    let input = "<apex xmlns:p='urn:1'><p:a/><b xmlns:p='urn:2'><p:c><d xmlns:p='urn:1'><p:e/></d></p:c></b><p:f xmlns:p='urn:1'/></apex>";
    assert_c14n(
        input,
        EXCLUSIVE,
        &[],
        "<apex><p:a xmlns:p=\"urn:1\"></p:a><b><p:c xmlns:p=\"urn:2\"><d><p:e xmlns:p=\"urn:1\"></p:e></d></p:c></b>\
         <p:f xmlns:p=\"urn:1\"></p:f></apex>",
    );
    let inclusive = "<apex xmlns:p=\"urn:1\"><p:a></p:a><b xmlns:p=\"urn:2\"><p:c><d xmlns:p=\"urn:1\"><p:e></p:e></d></p:c></b>\
                     <p:f></p:f></apex>";
    assert_c14n(input, INCLUSIVE, &[], inclusive);
    assert_c14n(input, EXCLUSIVE, &["p"], inclusive);
}

#[test]
fn xml_attributes_are_inherited_by_the_inclusive_ones() {
    let input = "<r xml:lang='en' xml:space='preserve' xml:id='i'><s xml:lang='de'><apex xml:space='default'><a/></apex></s></r>";
    assert_c14n(input, EXCLUSIVE, &[], "<apex xml:space=\"default\"><a></a></apex>");
    assert_c14n(
        input,
        INCLUSIVE,
        &[],
        "<apex xml:id=\"i\" xml:lang=\"de\" xml:space=\"default\"><a></a></apex>",
    );
    assert_c14n(
        input,
        INCLUSIVE_11,
        &[],
        "<apex xml:lang=\"de\" xml:space=\"default\"><a></a></apex>",
    );
    let based = "<r xml:base='http://example.test/'><apex/></r>";
    assert_c14n(based, INCLUSIVE, &[], "<apex xml:base=\"http://example.test/\"></apex>");
    assert_eq!(
        c14n(based, INCLUSIVE_11, &[]),
        Err(C14nError::Undefined("an xml:base would have to be combined"))
    );
}

#[test]
fn relative_namespace_names_leave_it_undefined() {
    for input in [
        "<r xmlns:x='1'><apex/></r>",
        "<apex><a xmlns='a/b'/></apex>",
        "<r><apex/><s xmlns:x='#y'/></r>",
        "<apex xmlns:x='urn:a b'/>",
        "<apex xmlns:x='urn:a\u{7f}'/>",
        "<apex xmlns:x='urn:a{b}'/>",
    ] {
        for algorithm in [EXCLUSIVE, INCLUSIVE, INCLUSIVE_11] {
            assert_eq!(
                c14n(input, algorithm, &[]),
                Err(C14nError::Undefined("a namespace name is not an absolute URI")),
                "{input}"
            );
        }
    }
}

#[test]
fn a_canonical_form_that_would_grow_without_bounds_is_none() {
    let repeated = |count: usize| {
        let elements = "<p:b></p:b >".repeat(count);
        format!("<r xmlns:p='urn:{}'><apex>{elements}</apex></r>", "a".repeat(200))
    };
    let honest = "<r xmlns:p='urn:aaaaaaaaaaaaaaaa'><apex><p:b/><p:b/><p:b/></apex></r>";
    assert!(c14n(honest, EXCLUSIVE, &[]).is_ok());
    let hostile = repeated(10_000);
    assert_eq!(c14n(&hostile, EXCLUSIVE, &[]), Err(C14nError::TooLong(hostile.len() * 4)));
    // Written once, it does not grow.
    assert!(c14n(&hostile, EXCLUSIVE, &["p"]).is_ok());
    assert!(c14n(&hostile, INCLUSIVE, &[]).is_ok());
}

/// The bound is looked at before each node: what is written by then may be just as long.
#[test]
fn the_bound_of_growth_is_exact() {
    let uri = format!("urn:{}", "a".repeat(200));
    // The letter at the end is a node of its own, and each blank behind the root makes the bound
    // four bytes longer.
    let document = |text: usize, blanks: usize| {
        let (elements, text) = ("<p:b/>".repeat(50), ".".repeat(text));
        let blanks = " ".repeat(blanks);
        format!("<r xmlns:p='{uri}'><apex>{text}{elements}x</apex></r>{blanks}")
    };
    let before_the_letter = |text: usize| {
        let whole = c14n(&document(text, 10_000), EXCLUSIVE, &[]).unwrap();
        whole.len() - "x</apex>".len()
    };
    let text = (1..=4).find(|text| before_the_letter(*text) % 4 == 0).unwrap();
    let bound = before_the_letter(text) / 4;
    let blanks = bound - document(text, 0).len();
    assert_eq!(document(text, blanks).len(), bound);
    assert!(c14n(&document(text, blanks), EXCLUSIVE, &[]).is_ok());
    assert_eq!(
        c14n(&document(text, blanks - 1), EXCLUSIVE, &[]),
        Err(C14nError::TooLong((bound - 1) * 4))
    );
}

/// A same-document reference selects no comments: XML Signature §4.4.3.3.
#[test]
fn a_reference_takes_the_comments_out_of_every_algorithm() {
    for (with, without) in [
        (format!("{EXCLUSIVE}WithComments"), EXCLUSIVE),
        (format!("{INCLUSIVE}#WithComments"), INCLUSIVE),
        (format!("{INCLUSIVE_11}#WithComments"), INCLUSIVE_11),
    ] {
        let with = C14n::from_uri(&with).unwrap();
        let without = C14n::from_uri(without).unwrap();
        assert_ne!(with, without);
        assert_eq!(with.without_comments(), without);
        assert_eq!(without.without_comments(), without);
    }
}

#[test]
fn a_name_that_only_begins_like_a_declaration_is_an_attribute() {
    let document = parse("<a xmlnsp='urn:x' xmlns.q='urn:y'/>").unwrap();
    let root = document.root().unwrap();
    assert_eq!(root.attribute("xmlnsp"), Some("urn:x"));
    assert_eq!(root.attribute("xmlns.q"), Some("urn:y"));
    assert_eq!(root.declared().count(), 0);
    assert_malformed("<a xmlnsxp='urn:x'><p:b/></a>", XmlProblem::UndeclaredPrefix);
}

#[test]
fn an_identifier_is_neither_empty_nor_blank() {
    let identifier = |input: &str| {
        let document = parse(input).unwrap();
        document.root().unwrap().identifier().map(str::to_owned)
    };
    assert_eq!(identifier("<a ID='_1'/>").as_deref(), Some("_1"));
    for none in ["<a/>", "<a Id='_1'/>", "<a ID=''/>", "<a ID=' '/>", "<a ID='_1 2'/>"] {
        assert_eq!(identifier(none), None, "{none}");
    }
}

#[test]
fn base64_is_one_text_or_none() {
    let read = |input: &str| parse(input).unwrap().root().unwrap().base64();
    assert_eq!(read("<a/>"), Some(vec![]));
    assert_eq!(read("<a>AA\n==</a>"), Some(vec![0]));
    for none in ["<a>AA==<b/></a>", "<a><b/>AA==</a>", "<a>AA<!-- -->==</a>", "<a>AA</a>"] {
        assert_eq!(read(none), None, "{none}");
    }
}

#[test]
fn neighbouring_texts_are_one_node() {
    let limits = Limits { nodes: 3, text_bytes: 8, ..Limits::default() };
    let text = |input: &str| {
        let document = Document::parse(input.to_owned(), &limits)?;
        Ok(document
            .root()
            .and_then(|root| root.text().map(|text| text.into_owned()))
            .unwrap_or_default())
    };
    assert_eq!(text("<a>x&amp;<![CDATA[y]]>&#122;\n</a>").as_deref(), Ok("x&yz\n"));
    assert_eq!(text("<a>1234&amp;<![CDATA[678]]></a>").as_deref(), Ok("1234&678"));
    let exceeded = Rejection::XmlLimitExceeded { limit: LimitKind::TextBytes, allowed: 8 };
    assert_eq!(text("<a>1234&amp;<![CDATA[6789]]></a>"), Err(exceeded));
}

/// White space stands as references, so that an attribute keeps it; what XML has no place for is
/// not written at all.
#[test]
fn controls_are_written_as_references_or_not_at_all() {
    let mut markup = Markup::new();
    markup.element("a", &[("b", Some("\t\u{1}")), ("c", None)], "\r\n\u{1f}\0 <&>");
    let written = markup.finish();
    assert_eq!(written, "<a b=\"&#9;\u{fffd}\">&#13;&#10;\u{fffd}\u{fffd} &lt;&amp;&gt;</a>");
    let document = parse(&written).unwrap();
    assert_eq!(document.root().unwrap().attribute("b"), Some("\t\u{fffd}"));
}

#[test]
fn what_is_written_reads_the_same_again() {
    let input = "<r xmlns='urn:d' xml:lang='en'><apex a='&#10;&#13;\t&lt;' xmlns:p='urn:p'>x&#13;<p:b>]]&gt;</p:b></apex></r>";
    for algorithm in [EXCLUSIVE, INCLUSIVE, INCLUSIVE_11] {
        let once = c14n(input, algorithm, &["p"]).unwrap();
        assert_eq!(c14n(&once, algorithm, &["p"]).as_deref(), Ok(once.as_str()), "{algorithm}");
    }
}
