//! Writes a DMARC aggregate report as XML (RFC 7489 appendix C): the form that every reader knows.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::dmarc::{DmarcReport, DmarcRow};

/// The report as XML.
pub fn write_dmarc(report: &DmarcReport) -> std::io::Result<Vec<u8>> {
    let mut xml = Writer::new(Vec::new());
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("feedback").write_inner_content(|xml| {
        leaf(xml, "version", "1.0")?;
        xml.create_element("report_metadata").write_inner_content(|xml| {
            leaf(xml, "org_name", &report.organisation)?;
            leaf(xml, "email", &report.email)?;
            leaf(xml, "report_id", &report.report_id)?;
            xml.create_element("date_range").write_inner_content(|xml| {
                leaf(xml, "begin", &report.begin.to_string())?;
                leaf(xml, "end", &report.end.to_string())
            })?;
            Ok(())
        })?;
        xml.create_element("policy_published").write_inner_content(|xml| {
            leaf(xml, "domain", &report.domain)?;
            leaf(xml, "adkim", or(&report.dkim_alignment, "r"))?;
            leaf(xml, "aspf", or(&report.spf_alignment, "r"))?;
            leaf(xml, "p", or(&report.policy, "none"))?;
            leaf(xml, "sp", or(&report.subdomain_policy, or(&report.policy, "none")))?;
            leaf(xml, "pct", "100")
        })?;
        report.rows.iter().try_for_each(|row| record(xml, row))
    })?;
    Ok(xml.into_inner())
}

type Xml = Writer<Vec<u8>>;

fn record(xml: &mut Xml, row: &DmarcRow) -> std::io::Result<()> {
    xml.create_element("record").write_inner_content(|xml| {
        xml.create_element("row").write_inner_content(|xml| {
            leaf(xml, "source_ip", &row.source)?;
            leaf(xml, "count", &row.letters.to_string())?;
            xml.create_element("policy_evaluated").write_inner_content(|xml| {
                leaf(xml, "disposition", or(&row.disposition, "none"))?;
                leaf(xml, "dkim", pass_or_fail(row.dkim_aligned))?;
                leaf(xml, "spf", pass_or_fail(row.spf_aligned))?;
                row.overrides.iter().try_for_each(|reason| {
                    xml.create_element("reason").write_inner_content(|xml| leaf(xml, "type", reason)).map(|_| ())
                })
            })?;
            Ok(())
        })?;
        xml.create_element("identifiers").write_inner_content(|xml| {
            leaf(xml, "header_from", &row.header_from)?;
            leaf(xml, "envelope_from", &row.envelope_from)
        })?;
        xml.create_element("auth_results").write_inner_content(|xml| {
            for dkim in &row.dkim {
                xml.create_element("dkim").write_inner_content(|xml| {
                    leaf(xml, "domain", &dkim.domain)?;
                    leaf(xml, "selector", &dkim.selector)?;
                    leaf(xml, "result", &dkim.result)
                })?;
            }
            for spf in &row.spf {
                xml.create_element("spf").write_inner_content(|xml| {
                    leaf(xml, "domain", &spf.domain)?;
                    leaf(xml, "result", &spf.result)
                })?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn leaf(xml: &mut Xml, name: &str, text: &str) -> std::io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(|_| ())
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

fn pass_or_fail(passed: bool) -> &'static str {
    if passed { "pass" } else { "fail" }
}
