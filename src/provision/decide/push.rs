//! What the directory says becomes an account.

use super::people::{ended, may_end};
use super::{Moment, Proposal, Standing};
use crate::account::{Account, AccountAddress, EmailProof, Pushed, Role, Source, Status};
use crate::identity::Email;
use crate::organization::{By, Organization};
use crate::provision::{Push, PushRefusal, Refusal, Wanted};
use crate::store::Name;

/// Which token it was does not matter here.
const DIRECTORY: By<'static> = By::Directory("");

pub(super) fn push<'a>(
    push: &Push<'_>,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    match push.account {
        Some(id) => {
            let account = standing.target(id)?;
            if account.status == Status::Deleted {
                return Err(Refusal::AccountMissing);
            }
            if push.if_version.is_some_and(|version| version != account.version) {
                return Err(Refusal::VersionDiffers);
            }
            let wanted = (push.apply)(Some(account)).map_err(Refusal::Push)?;
            updated(account, wanted, standing)
        }
        None => {
            let wanted = (push.apply)(None).map_err(Refusal::Push)?;
            match taken_up(&wanted.pushed, standing) {
                Some(account) => updated(account, again(wanted, account), standing),
                None => created(wanted, standing, moment),
            }
        }
    }
}

/// A person who is pushed as new comes in, unless the directory says otherwise.
fn active(wanted: Wanted) -> Wanted {
    Wanted { active: Some(wanted.active.unwrap_or(true)), ..wanted }
}

/// Who is pushed as new and is known keeps the directory's own id and the addresses, if it says
/// none this time: the account has them all the while.
fn again(mut wanted: Wanted, account: &Account) -> Wanted {
    let before = Pushed::of(account);
    if wanted.pushed.external_id.is_none() {
        wanted.pushed.external_id = before.external_id;
    }
    if wanted.pushed.addresses.is_empty() {
        wanted.pushed.addresses = before.addresses;
    }
    active(wanted)
}

/// The account that the directory has deactivated itself and pushes again, as Okta does after each
/// new assignment: by the directory's own id of the person, or else by the user name.
fn taken_up<'a>(pushed: &Pushed, standing: &Standing<'a>) -> Option<&'a Account> {
    let is_off = |account: &&Account| {
        account.status == Status::Deactivated && account.ended_by == Some(Source::Directory)
    };
    let off = || standing.living().filter(is_off);
    let same_id = |account: &&Account| {
        pushed.external_id.is_some() && account.external_id == pushed.external_id
    };
    let same_name = |account: &&Account| {
        let name = account.user_name.as_deref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(&pushed.user_name))
    };
    off().find(same_id).or_else(|| off().find(same_name))
}

fn created<'a>(
    wanted: Wanted,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    let new = Account::new(moment.id.clone(), standing.organization.id(), moment.now);
    let mut account = said(&new, active(wanted.clone()).pushed, standing.organization)?;
    if wanted.active == Some(false) {
        account = ended(&account, Status::Deactivated, &DIRECTORY);
    }
    Ok(Proposal::Create(Box::new(account)))
}

fn updated<'a>(
    account: &'a Account,
    wanted: Wanted,
    standing: &Standing<'a>,
) -> Result<Proposal<'a>, Refusal> {
    let leaves = wanted.active == Some(false) && wanted.pushed.addresses.is_empty();
    let mut after = said(account, wanted.pushed, standing.organization)?;
    // Entra's soft delete puts digits before the user name. Where that is all there is of an
    // address, the person is still reached by the one before.
    if leaves && account.address.is_some() {
        after.address.clone_from(&account.address);
    }
    // Whom the application has ended keeps the names by which they would be known again.
    let kept = Name::all_of(&after);
    let is_renamed = Name::all_of(account).iter().any(|name| !kept.contains(name));
    if is_renamed && account.ended_by == Some(Source::Application) {
        return Err(Refusal::EndedByApplication);
    }
    let active = wanted.active.unwrap_or(account.status.holds_seat());
    match (account.status, active) {
        (Status::Active | Status::Invited, false) => {
            may_end(&account.id, &DIRECTORY, standing)?;
            after = ended(&after, Status::Deactivated, &DIRECTORY);
        }
        // The first push is the answer to an invitation; that of an administrator waits for them.
        (Status::Invited, true) if account.role != Role::Administrator => {
            after = Account { status: Status::Active, invitation: None, ..after };
        }
        // Whom the application has ended stays out, and the rest is taken: some directories say
        // "active" with everything they send.
        (Status::Deactivated, true) if account.ended_by == Some(Source::Directory) => {
            after = Account { status: Status::Active, ended_by: None, ..after };
        }
        _ => {}
    }
    Ok(Proposal::change(account, after))
}

/// The account as the directory describes it, whether it may come in or not.
fn said(
    account: &Account,
    pushed: Pushed,
    organization: &Organization,
) -> Result<Account, Refusal> {
    pushed.check().map_err(Refusal::Push)?;
    // Where an administrator is reached is not the directory's to say: a code that goes there opens
    // the account.
    let moves = |email: &Email| {
        account.role != Role::Administrator || account.address.is_none() || account.has_email(email)
    };
    let email = pushed.email().filter(moves);
    let address = email.map(|email| addressed(account, email, organization));
    // Nor does it become the directory's by being said once more: the code would reach them no
    // longer, and perhaps nobody else.
    let is_own = account.role == Role::Administrator && account.address.is_some();
    let managed_by = if is_own { account.managed_by } else { Source::Directory };
    Ok(Account {
        // Who takes an address away, takes nothing: people are reached by it.
        address: address.or_else(|| account.address.clone()),
        user_name: Some(pushed.user_name.clone()),
        external_id: pushed.external_id.clone(),
        profile: pushed.profile(),
        managed_by,
        pushed: Some(Box::new(pushed)),
        ..account.clone()
    })
}

/// An address that is the same keeps its proof. Another one is as good as the organization's word.
fn addressed(account: &Account, email: Email, organization: &Organization) -> AccountAddress {
    let proof = match organization.owns(&email) {
        true => EmailProof::Domain,
        false => EmailProof::Organization,
    };
    let kept = if account.has_email(&email) { account.proof() } else { EmailProof::Unproven };
    AccountAddress::new(email, proof.max(kept))
}

impl Pushed {
    /// Whether it can be kept to the letter.
    fn check(&self) -> Result<(), PushRefusal> {
        let Self { user_name, external_id, addresses, .. } = self;
        let names = [&self.given_name, &self.family_name, &self.formatted, &self.display_name];
        let kinds = addresses.iter().filter_map(|address| address.kind.as_deref());
        let values = addresses.iter().map(|address| &*address.value);
        let texts = names.into_iter().flatten().chain(external_id).map(|text| &**text);
        if user_name.trim().is_empty() {
            return Err(PushRefusal::UserNameEmpty);
        }
        if addresses.len() > Self::MAX_ADDRESSES {
            return Err(PushRefusal::TooManyAddresses);
        }
        if addresses.iter().filter(|address| address.primary).count() > 1 {
            return Err(PushRefusal::SeveralPrimary);
        }
        let mut all = texts.chain(kinds).chain(values).chain([&**user_name]);
        if all.all(crate::account::is_name) { Ok(()) } else { Err(PushRefusal::TextUnfit) }
    }
}
