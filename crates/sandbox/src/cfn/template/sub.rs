//! The text of `Fn::Sub`.

use super::error::{TemplateError, function_error};

/// A part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// It stands for itself.
    Text(&'a str),
    /// `${Name}`: a variable of the function, a parameter, a resource, or with a dot a resource's attribute.
    Variable(&'a str),
}

/// Takes a text apart. `${!Name}` is the text `${Name}`, a `${` that nothing closes is text.
///
/// # Errors
/// A variable's name is empty or has other characters than the four kinds allowed.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        pieces.push(Piece::Text(before));
        if let Some(literal) = name.strip_prefix('!') {
            pieces.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]);
        } else if is_name(name) {
            pieces.push(Piece::Variable(name));
        } else {
            return Err(function_error(
                "variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and \
                 colons",
            ));
        }
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || "_.:".contains(character))
}

#[cfg(test)]
mod tests {
    use super::Piece::{Text, Variable};
    use super::pieces;

    #[test]
    fn variables_stand_between_texts() {
        assert_eq!(pieces("${A}-${B.Arn}x").unwrap(), [Variable("A"), Text("-"), Variable("B.Arn"), Text("x")]);
        assert_eq!(pieces("${AWS::Region}").unwrap(), [Variable("AWS::Region")]);
        assert_eq!(pieces("").unwrap(), []);
    }

    #[test]
    fn an_escaped_variable_loses_only_its_mark() {
        assert_eq!(
            pieces("a${!aws:username}b").unwrap(),
            [Text("a"), Text("${"), Text("aws:username"), Text("}"), Text("b")]
        );
    }

    #[test]
    fn what_nothing_closes_is_text() {
        assert_eq!(pieces("$x $ ${A").unwrap(), [Text("$x $ ${A")]);
    }

    #[test]
    fn names_have_four_kinds_of_characters() {
        for text in ["${}", "${ A }", "${a-b}", "${a ${b}}"] {
            assert!(pieces(text).unwrap_err().to_string().contains("variable names in Fn::Sub syntax"), "{text}");
        }
    }
}
