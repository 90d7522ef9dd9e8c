//! Text → tree, by recursive descent: each character is looked at once, and nothing is tried twice.

use super::{AttributePath, Comparison, Expression, FilterRefusal, Operand};

impl Expression {
    /// Reads a filter, as it stands in the query once percent-encoding is undone.
    ///
    /// Operators and attribute names have any letter case; `and` binds more than `or`.
    ///
    /// # Errors
    ///
    /// [`FilterRefusal`] for what is no filter, or has more of anything than is read.
    pub fn parse(text: &str) -> Result<Self, FilterRefusal> {
        let mut parser = Parser::new(text)?;
        let expression = parser.any()?;
        parser.end()?;
        Ok(expression)
    }
}

/// What is left to read.
pub(super) struct Parser<'t> {
    whole: &'t str,
    rest: &'t str,
    depth: usize,
    is_in_brackets: bool,
    terms: usize,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Result<Self, FilterRefusal> {
        if text.len() > Expression::MAX_BYTES {
            return Err(FilterRefusal::TooLong);
        }
        Ok(Self { whole: text, rest: text, depth: 0, is_in_brackets: false, terms: 0 })
    }

    pub(super) fn end(&mut self) -> Result<(), FilterRefusal> {
        self.space();
        if self.rest.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    /// `FILTER "or" FILTER …`
    fn any(&mut self) -> Result<Expression, FilterRefusal> {
        let mut alternatives = vec![self.all()?];
        while self.keyword("or") {
            alternatives.push(self.all()?);
        }
        Ok(Expression::any(alternatives))
    }

    /// `FILTER "and" FILTER …`
    fn all(&mut self) -> Result<Expression, FilterRefusal> {
        let mut expressions = vec![self.one()?];
        while self.keyword("and") {
            expressions.push(self.one()?);
        }
        Ok(Expression::all(expressions))
    }

    fn one(&mut self) -> Result<Expression, FilterRefusal> {
        self.space();
        if self.rest.starts_with('(') {
            return self.within('(', ')');
        }
        let here = self.rest;
        let word = self.word();
        if word.eq_ignore_ascii_case("not") && self.rest.trim_ascii_start().starts_with('(') {
            self.space();
            return Ok(Expression::Not(Box::new(self.within('(', ')')?)));
        }
        let Some(path) = AttributePath::parse(word) else {
            self.rest = here;
            return Err(self.malformed());
        };
        // Brackets do not stand in brackets: RFC 7644's `valFilter` has no `valuePath`.
        match self.rest.starts_with('[') && !self.is_in_brackets {
            true => self.has(path),
            false => self.compared(path),
        }
    }

    /// `attrPath "[" valFilter "]"`, and what Entra puts behind it.
    fn has(&mut self, path: AttributePath) -> Result<Expression, FilterRefusal> {
        let filter = self.brackets()?;
        let filter = match self.rest.strip_prefix('.') {
            Some(rest) => {
                self.rest = rest;
                let within = AttributePath::parse(self.word()).ok_or(self.malformed())?;
                Expression::all(vec![filter, self.compared(within)?])
            }
            None => filter,
        };
        Ok(Expression::Has(path, Box::new(filter)))
    }

    /// `"[" valFilter "]"`
    pub(super) fn brackets(&mut self) -> Result<Expression, FilterRefusal> {
        self.is_in_brackets = true;
        let filter = self.within('[', ']')?;
        self.is_in_brackets = false;
        Ok(filter)
    }

    fn within(&mut self, open: char, close: char) -> Result<Expression, FilterRefusal> {
        self.rest = self.rest.strip_prefix(open).ok_or(self.malformed())?;
        self.depth = self.depth.saturating_add(1);
        if self.depth > Expression::MAX_DEPTH {
            return Err(FilterRefusal::TooDeep);
        }
        let inner = self.any()?;
        self.space();
        self.rest = self.rest.strip_prefix(close).ok_or(self.malformed())?;
        self.depth = self.depth.saturating_sub(1);
        Ok(inner)
    }

    /// `SP "pr"`, or `SP compareOp SP compValue`
    fn compared(&mut self, path: AttributePath) -> Result<Expression, FilterRefusal> {
        self.terms = self.terms.saturating_add(1);
        if self.terms > Expression::MAX_TERMS {
            return Err(FilterRefusal::TooManyTerms);
        }
        self.space();
        let here = self.rest;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Expression::Present(path));
        }
        let Some(comparison) = Comparison::parse(word) else {
            self.rest = here;
            return Err(self.malformed());
        };
        Ok(Expression::Compare(path, comparison, self.operand()?))
    }

    /// `false / null / true / number / string` of RFC 7159, or a text without quotes.
    fn operand(&mut self) -> Result<Operand, FilterRefusal> {
        self.space();
        if !self.rest.starts_with('"') {
            let word = self.word();
            let bare = Operand::Bare(word.to_owned());
            return if word.is_empty() { Err(self.malformed()) } else { Ok(bare) };
        }
        let length = text_length(self.rest).ok_or(self.malformed())?;
        let (quoted, rest) = self.rest.split_at_checked(length).ok_or(self.malformed())?;
        let text = serde_json::from_str(quoted).map_err(|_| self.malformed())?;
        self.rest = rest;
        Ok(Operand::Text(text))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.space();
        let here = self.rest;
        let is = self.word().eq_ignore_ascii_case(keyword);
        if !is {
            self.rest = here;
        }
        is
    }

    pub(super) fn word(&mut self) -> &'t str {
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"');
        let length = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    pub(super) fn next_is(&self, c: char) -> bool {
        self.rest.starts_with(c)
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    pub(super) fn malformed(&self) -> FilterRefusal {
        let read = self.whole.len().saturating_sub(self.rest.len());
        let before = self.whole.get(..read).unwrap_or_default();
        FilterRefusal::Malformed(before.chars().count().saturating_add(1))
    }
}

/// How many bytes a text in quotes has, with its quotes.
fn text_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at.checked_add(1),
            _ => {}
        }
    }
    None
}
