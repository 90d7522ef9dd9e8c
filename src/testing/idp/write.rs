//! How a response is written before anything is signed.

use super::markup::{attribute, element};
use super::response::{TestAttribute, TestAuthnStatement, TestResponse};
use crate::xml::escaped;

impl TestResponse<'_> {
    /// The response before anything is signed.
    pub fn unsigned_xml(&self) -> String {
        let mut xml = String::from("<samlp:Response");
        xml += " xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
        xml += " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"";
        attribute(&mut xml, "ID", Some(&self.id));
        attribute(&mut xml, "Version", self.version.as_ref());
        attribute(&mut xml, "IssueInstant", self.issue_instant.as_ref());
        attribute(&mut xml, "Destination", self.destination.as_ref());
        attribute(&mut xml, "InResponseTo", self.in_response_to.as_ref());
        xml += ">";
        element(&mut xml, "saml:Issuer", self.issuer.as_ref());
        xml += &self.raw_extensions;
        self.status(&mut xml);
        if self.has_assertion {
            self.assertion(&mut xml);
        }
        xml += &self.raw_end;
        xml + "</samlp:Response>"
    }

    fn status(&self, xml: &mut String) {
        if self.status_codes.is_empty() {
            return;
        }
        *xml += "<samlp:Status>";
        for code in &self.status_codes {
            *xml += "<samlp:StatusCode";
            attribute(xml, "Value", Some(code));
            *xml += ">";
        }
        *xml += &"</samlp:StatusCode>".repeat(self.status_codes.len());
        element(xml, "samlp:StatusMessage", self.status_message.as_ref());
        *xml += &self.raw_status;
        *xml += "</samlp:Status>";
    }

    fn assertion(&self, xml: &mut String) {
        *xml += "<saml:Assertion";
        attribute(xml, "ID", self.assertion_id.as_ref());
        attribute(xml, "Version", self.assertion_version.as_ref());
        attribute(xml, "IssueInstant", self.assertion_issue_instant.as_ref());
        *xml += ">";
        element(xml, "saml:Issuer", self.assertion_issuer.as_ref());
        self.subject(xml);
        self.conditions(xml);
        *xml += &self.raw_advice;
        for statement in &self.authn_statements {
            statement.write(xml);
        }
        if !self.attributes.is_empty() || !self.raw_attributes.is_empty() {
            *xml += "<saml:AttributeStatement>";
            for attribute in &self.attributes {
                attribute.write(xml);
            }
            *xml += &self.raw_attributes;
            *xml += "</saml:AttributeStatement>";
        }
        *xml += "</saml:Assertion>";
    }

    fn subject(&self, xml: &mut String) {
        *xml += "<saml:Subject>";
        if let Some(name_id) = &self.name_id {
            *xml += "<saml:NameID";
            attribute(xml, "Format", name_id.format.as_ref());
            attribute(xml, "NameQualifier", name_id.name_qualifier.as_ref());
            attribute(xml, "SPNameQualifier", name_id.sp_name_qualifier.as_ref());
            *xml += &format!(">{}</saml:NameID>", escaped(&name_id.value));
        }
        *xml += &self.raw_subject;
        for confirmation in &self.confirmations {
            *xml += "<saml:SubjectConfirmation";
            attribute(xml, "Method", Some(&confirmation.method));
            *xml += ">";
            if confirmation.has_data {
                *xml += "<saml:SubjectConfirmationData";
                attribute(xml, "NotBefore", confirmation.not_before.as_ref());
                attribute(xml, "NotOnOrAfter", confirmation.not_on_or_after.as_ref());
                attribute(xml, "Recipient", confirmation.recipient.as_ref());
                attribute(xml, "InResponseTo", confirmation.in_response_to.as_ref());
                *xml += &format!(">{}</saml:SubjectConfirmationData>", confirmation.raw_data);
            }
            *xml += "</saml:SubjectConfirmation>";
        }
        *xml += "</saml:Subject>";
    }

    fn conditions(&self, xml: &mut String) {
        if !self.has_conditions {
            return;
        }
        *xml += "<saml:Conditions";
        attribute(xml, "NotBefore", self.not_before.as_ref());
        attribute(xml, "NotOnOrAfter", self.not_on_or_after.as_ref());
        *xml += ">";
        for audiences in &self.audiences {
            *xml += "<saml:AudienceRestriction>";
            for audience in audiences {
                element(xml, "saml:Audience", Some(audience));
            }
            *xml += "</saml:AudienceRestriction>";
        }
        *xml += &self.raw_conditions;
        *xml += "</saml:Conditions>";
    }
}

impl TestAuthnStatement {
    fn write(&self, xml: &mut String) {
        *xml += "<saml:AuthnStatement";
        attribute(xml, "AuthnInstant", self.authn_instant.as_ref());
        attribute(xml, "SessionIndex", self.session_index.as_ref());
        attribute(xml, "SessionNotOnOrAfter", self.session_not_on_or_after.as_ref());
        *xml += "><saml:AuthnContext>";
        element(xml, "saml:AuthnContextClassRef", self.authn_context_class_ref.as_ref());
        *xml += "</saml:AuthnContext></saml:AuthnStatement>";
    }
}

impl TestAttribute {
    fn write(&self, xml: &mut String) {
        *xml += "<saml:Attribute";
        attribute(xml, "Name", Some(&self.name));
        attribute(xml, "NameFormat", self.name_format.as_ref());
        attribute(xml, "FriendlyName", self.friendly_name.as_ref());
        *xml += ">";
        for value in &self.values {
            element(xml, "saml:AttributeValue", Some(value));
        }
        *xml += &self.raw_values;
        *xml += "</saml:Attribute>";
    }
}
