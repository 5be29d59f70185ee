"""What is kept of people, column by column: what it is, what erasure does with it, and where the export holds it.

`tests/integration/test_mydata_columns.py` walks all models and fails with the list of columns that stand in no line:
every text, JSON, array, date, file and binary column, and every key to a User. The erasure (`erasure.py`) acts by this
table and by nothing else, so a line here is all that a new table needs.

A line of TABLE reads:

    model          columns,with,commas     kind      at erasure   person          list

kind        words (a person's own), identity, contact, bank, tax, secret (passwords, keys), device, answer (work that was
            delivered), case (what others wrote about a person), record (what somebody did or holds), link (a key to a
            User), book (the law has it kept), content (an organisation's or ours: about no person), state (codes)
at erasure  delete  the row goes
            blank   '', {}, [] or null takes its place
            mark    "[erased]" takes its place, where a constraint wants something said
            redact  stays, but the person's name, addresses and numbers in it become "[erased]"
            null    the key to the person is emptied
            other   erasure_special.py does it: sessions, files, sealed archive
            keep    stays: says nothing of a person, or only a number whose person is gone
            books   stays, since the law has invoices and books kept, with what they say
person      the path from the row to the person, such as `assignment__worker`; `email:COLUMN` for rows that know only an
            address; `all` for redact in every row, of what can be nobody else's; `-` where there is none
list        the list of the export that holds it; `-` where it holds nothing of the person, or what only harms them when
            it leaves (a password's hash)
"""

# ruff: noqa: E501 - a table

from dataclasses import dataclass
from functools import cache

PERSONAL = frozenset({"words", "identity", "contact", "bank", "tax", "secret", "device"})
KINDS = PERSONAL | {"answer", "case", "record", "link", "book", "content", "state"}
ACTS = frozenset({"delete", "blank", "mark", "redact", "null", "other", "keep", "books"})
ERASED = "[erased]"

TABLE = """
# --- people and organisations
base.User                   email                               contact   other    pk                     account
base.User                   name                                identity  other    pk                     account
base.User                   locale,time_zone                    identity  other    pk                     account
base.User                   password                            secret    other    pk                     -
base.User_groups            user                                link      delete   user                   -
base.User_user_permissions  user                                link      delete   user                   -
base.Organisation           name,description,website,country    content   keep     -                      memberships
base.Membership             user                                link      delete   user                   memberships
base.Membership             role                                record    delete   user                   memberships
base.Invitation             email                               contact   delete   email:email            -
base.Invitation             role,token_hash                     state     keep     -                      -
base.Invitation             invited_by                          link      keep     -                      -
base.ApiKey                 user                                link      delete   user                   api_keys
base.ApiKey                 name,prefix,scopes                  record    delete   user                   api_keys
base.ApiKey                 key_hash                            secret    delete   user                   -
base.AuditEvent             tag,subject,data                    record    keep     -                      audit
base.OutboxEvent            kind,key,data,last_error            state     other    -                      -
base.JobRun                 name,figures                        state     keep     -                      -
base.Switch                 name,reason                         content   keep     -                      -
base.Switch                 changed_by                          link      keep     -                      -
base.Notice                 user                                link      delete   user                   notices
base.Notice                 kind,key,data                       record    delete   user                   notices
base.SentMail               recipient                           contact   delete   email:recipient        -
base.SentMail               subject,body                        record    redact   all                    -
base.IdempotentAnswer       user                                link      delete   user                   -
base.IdempotentAnswer       key,path,body_hash,answer           record    delete   user                   -
account.EmailAddress        user                                link      delete   user                   account
account.EmailAddress        email                               contact   delete   user                   account
account.EmailConfirmation   key                                 secret    delete   email_address__user    -
mfa.Authenticator           user                                link      delete   user                   -
mfa.Authenticator           type,data                           secret    delete   user                   -
sessions.Session            session_key,session_data            secret    other    -                      -

# --- tasks: what requesters post
tasks.Batch                 state,paused_for,title,purpose,instructions,kind,form,columns,countries,audience,role,conditions,distress,rotation,pilot,pilot_countries,screening_reasons,screening_hits  content keep - -
tasks.Batch                 screening_note                      case      redact   all                    -
tasks.Batch                 created_by,screened_by,reviewed_by  link      keep     -                      -
tasks.Task                  data,lineage                        content   keep     -                      -
tasks.FormTemplate          name,kind,title,purpose,instructions,form  content keep -                      -
tasks.FormTemplate          created_by                          link      keep     -                      -
tasks.Import                state,path,filename,format,mapping,bad_rows,failure,screening_reasons,screening_hits  content keep - -
tasks.Import                screening_note                      case      redact   all                    -
tasks.Import                created_by,screened_by              link      keep     -                      -
tasks.BadRow                column,reason                       content   keep     -                      -
tasks.SentFile              name,base,state,failure,stamp,path  content   keep     -                      -
tasks.Medium                key,source,base,state,failure,kind,meta,files  content keep -                  -
tasks.Gold                  answers,tolerance,explanation,aside content   keep     -                      -
tasks.Gold                  created_by                          link      keep     -                      -
tasks.Chain                 mapping,when,field,value            content   keep     -                      -
tasks.Chain                 created_by                          link      keep     -                      -
tasks.BatchLink             token_hash                          secret    keep     -                      -
tasks.BatchLink             created_by                          link      keep     -                      -
tasks.BatchGuest            email                               contact   delete   email:email            invitations
tasks.BatchGuest            worker                              link      delete   worker                 invitations
tasks.BatchGuest            invited_by                          link      keep     -                      -

# --- tasks: work
tasks.Assignment            worker                              link      keep     -                      assignments
tasks.Assignment            state,country                       record    keep     -                      assignments
tasks.Assignment            answer,first_answer                 answer    keep     -                      assignments
tasks.Assignment            reviewed_by                         link      keep     -                      -
tasks.Draft                 answer                              answer    delete   assignment__worker     drafts
tasks.AnswerFile            kind,path                           answer    other    assignment__worker     sent_files
tasks.GuaranteedWeek        worker                              link      keep     -                      weeks
tasks.GuaranteedWeek        monday                              book      keep     -                      weeks
tasks.Outage                reason                              content   keep     -                      outages
tasks.Outage                declared_by                         link      keep     -                      -
tasks.Share                 worker                              link      delete   worker                 shares
tasks.GoldScore             worker                              link      keep     -                      check_questions
tasks.GoldScore             wrong_fields                        record    keep     -                      check_questions
tasks.AttemptQuestion       wrong_fields                        record    keep     -                      -
tasks.Attempt               worker                              link      keep     -                      attempts
tasks.BatchModel            field,method,why,params             record    keep     -                      -
tasks.Result                values,method                       answer    keep     -                      -
tasks.Signal                worker                              link      delete   worker                 signals
tasks.Signal                kind,evidence,note                  case      delete   worker                 signals
tasks.Signal                seen_by                             link      keep     -                      -

# --- tasks: objections and decisions
tasks.Contest               reason                              state     keep     -                      objections
tasks.Contest               evidence                            case      redact   assignment__worker     objections
tasks.Contest               reply                               words     mark     assignment__worker     objections
tasks.Contest               contested_answer                    answer    keep     -                      objections
tasks.Contest               opened_by,withdrawn_by              link      keep     -                      -
tasks.Dispute               statement                           words     mark     assignment__worker     decisions
tasks.Dispute               outcome                             state     keep     -                      decisions
tasks.Dispute               reason                              case      redact   assignment__worker     decisions
tasks.Dispute               decided_by,second_by                link      keep     -                      decisions
tasks.GoldContest           text                                words     mark     score__worker          check_questions
tasks.GoldContest           outcome                             state     keep     -                      check_questions
tasks.GoldContest           reason                              case      redact   score__worker          check_questions
tasks.GoldContest           decided_by                          link      keep     -                      -
tasks.BatchPause            worker                              link      keep     -                      pauses
tasks.BatchPause            review_text                         words     mark     worker                 pauses
tasks.BatchPause            lifted_because,review_reason        case      redact   worker                 pauses
tasks.BatchPause            lifted_by,reviewed_by               link      keep     -                      -
tasks.Report                reporter                            link      null     reporter               reports
tasks.Report                text                                words     mark     reporter               reports
tasks.Report                page,secret,reason,outcome          state     keep     -                      reports
tasks.Report                statement                           case      redact   reporter               reports
tasks.Report                taken_by,decided_by,reopened_by     link      keep     -                      -
tasks.ReportComplaint       made_by                             link      null     made_by                reports
tasks.ReportComplaint       text                                words     mark     made_by                reports
tasks.ReportComplaint       side,outcome                        state     keep     -                      reports
tasks.ReportComplaint       statement                           case      redact   made_by                reports
tasks.ReportComplaint       first_decided_by,decided_by         link      keep     -                      -

# --- tasks: ratings of requesters and messages
tasks.Rating                worker                              link      keep     -                      ratings
tasks.Rating                words                               words     blank    worker                 ratings
tasks.Rating                hidden                              state     keep     -                      ratings
tasks.Rating                shown_in                            record    keep     -                      ratings
tasks.Rating                answer                              case      redact   all                    ratings
tasks.Rating                answered_by                         link      keep     -                      -
tasks.Thread                worker                              link      keep     -                      messages
tasks.Thread                silenced                            state     keep     -                      messages
tasks.Message               author                              link      keep     -                      messages
tasks.Message               side                                state     keep     -                      messages
tasks.Message               text                                words     mark     thread__worker         messages
tasks.BatchQuestion         question,answer                     content   redact   all                    -
tasks.BatchQuestion         published_by                        link      keep     -                      -
tasks.Objection             side,reason,outcome,last_outcome    state     keep     -                      ratings
tasks.Objection             text                                words     mark     made_by                ratings
tasks.Objection             complaint                           words     mark     complained_by          ratings
tasks.Objection             statement,last_statement            case      redact   all                    ratings
tasks.Objection             made_by,complained_by,decided_by,last_decided_by  link keep -                 -

# --- workers
workers.WorkerProfile       user                                link      delete   user                   profile
workers.WorkerProfile       country,languages,birth_date        identity  delete   user                   profile
workers.WorkerProfile       distress_chosen                     record    delete   user                   profile
workers.Qualification       name,description                    content   keep     -                      -
workers.Qualification       created_by                          link      keep     -                      -
workers.Award               user                                link      keep     -                      qualifications
workers.Award               reason,revoked_because              case      redact   user                   qualifications
workers.Award               granted_by,revoked_by               link      keep     -                      -
workers.AwardContest        text                                words     mark     award__user            qualifications
workers.AwardContest        outcome                             state     keep     -                      qualifications
workers.AwardContest        reason                              case      redact   award__user            qualifications
workers.AwardContest        decided_by                          link      keep     -                      -
workers.Certificate         name                                identity  mark     award__user            certificates
workers.Certificate         token                               identity  mark     award__user            certificates
workers.Certificate         key_id                              state     keep     -                      -
workers.Restriction         user                                link      keep     -                      restrictions
workers.Restriction         reason                              case      redact   user                   restrictions
workers.Restriction         decided_by,lifted_by,second_by      link      keep     -                      -
workers.Restriction         scope,ground,source                 state     keep     -                      restrictions
workers.Complaint           made_by                             link      keep     -                      complaints
workers.Complaint           text                                words     mark     made_by                complaints
workers.Complaint           first_reason,statement              case      redact   all                    complaints
workers.Complaint           about,subject,outcome               state     keep     -                      complaints
workers.Complaint           first_decided_by,decided_by         link      keep     -                      -
workers.LatePromise         kind,subject                        state     keep     -                      -
workers.Centre              name,town,country,time_zone,description,state,figures  content keep -         -
workers.Centre              evidence                            words     mark     asked_by               centres
workers.Centre              check_words,closed_because          case      redact   asked_by               -
workers.Centre              asked_by,checked_by,closed_by       link      keep     -                      -
workers.CentreCoordinator   user                                link      keep     -                      centres_run
workers.CentreCoordinator   role                                record    mark     user                   centres_run
workers.CentreCoordinator   added_by,ended_by                   link      keep     -                      -
workers.CentreInvitation    email                               contact   delete   email:email            -
workers.CentreInvitation    role,token_hash                     state     keep     -                      -
workers.CentreInvitation    invited_by                          link      keep     -                      -
workers.CentreMembership    user                                link      keep     -                      centres
workers.CentreMembership    shown_as                            identity  mark     user                   centres
workers.CentreMembership    end_reason                          case      redact   user                   centres
workers.CentreMembership    invited_by,ended_by                 link      keep     -                      -
workers.Equipment           name,kind                           content   keep     -                      -
workers.Booking             cancel_reason                       case      redact   membership__user       bookings
workers.Booking             cancelled_by                        link      keep     -                      -
workers.TrainingPath        title,description,opens             content   keep     -                      -
workers.TrainingPath        created_by                          link      keep     -                      -
web.RuleVersion             rule,fingerprint,words,parameters,sources,changed  content keep -             -
web.TermsVersion            slug,bodies,digest                  content   keep     -                      -
web.TermsAnswer             user                                link      keep     -                      terms_answers

# --- payments: the person
payments.Payee              user                                link      other    user                   payee
payments.Payee              legal_name,address,town,postcode,country  identity other user                 payee
payments.Payee              tax_residence,tin,birth_date,birth_place,birth_country  tax other user        payee
payments.Payee              account_holder,iban,mobile_number,mobile_provider  bank other user            payee
payments.Payee              name_check                          state     other    user                   payee
payments.PersonMark         user                                link      other    user                   one_person
payments.PersonMark         kind                                record    other    user                   one_person
payments.PersonMark         digest                              bank      other    user                   one_person
payments.PersonPair         first,second                        link      other    -                      one_person
payments.PersonPair         outcome                             state     other    -                      one_person
payments.PersonPair         reason                              case      redact   all                    one_person
payments.PersonPair         objection                           words     mark     objected_by            one_person
payments.PersonPair         objected_by                         link      other    -                      one_person
payments.PersonPair         decided_by                          link      keep     -                      -
payments.PersonAccount      user,holder                         link      other    -                      one_person
payments.TaxDiligence       user                                link      delete   user                   tax_details
payments.Payout             user                                link      keep     -                      payouts
payments.Payout             gateway,state,asked_by,external_ref,failure_code,waits_for,held_rule  record keep -  payouts
payments.Payout             held_reason                         case      redact   user                   payouts
payments.Payout             name_passed_by,held_by,released_by  link      keep     -                      -
payments.ConnectedAccount   user                                link      delete   user                   connected_account
payments.ConnectedAccount   gateway,account_ref,country,disabled_reason,requirements_due,last_bank_failure  bank delete user connected_account
payments.Cap                user                                link      keep     -                      caps
payments.Bonus              worker                              link      keep     -                      bonuses
payments.Bonus              reference,list_key                  record    keep     -                      bonuses
payments.Bonus              reason                              case      redact   worker                 bonuses
payments.Bonus              given_by                            link      keep     -                      -
payments.HelpGrant          worker                              link      keep     -                      help_requests
payments.HelpGrant          purpose,state                       record    keep     -                      help_requests
payments.HelpGrant          words                               words     mark     worker                 help_requests
payments.HelpGrant          decision                            case      redact   worker                 help_requests
payments.HelpGrant          decided_by                          link      keep     -                      -
payments.Account            user                                link      keep     -                      movements
payments.Account            kind,reference,gateway              book      keep     -                      movements

# --- payments: books, bank and organisations
payments.BankStatement      account,statement_id,sha256         book      keep     -                      -
payments.BankStatement      first_day,last_day                  book      keep     -                      -
payments.BankStatement      imported_by                         link      keep     -                      -
payments.BankLine           external_id,end_to_end_id,taken_as,object_ref,proposed_as,proposed_ref  book keep - -
payments.BankLine           booked_on                           book      keep     -                      -
payments.BankLine           remittance,counterparty,counterparty_iban  bank other   -                      -
payments.BankLine           hints                               bank      redact   all                    -
payments.BankLine           explanation                         case      redact   all                    -
payments.BankLine           explained_by,proposed_by            link      keep     -                      -
payments.PayoutRun          content                             bank      other    -                      -
payments.PayoutRun          gateway,state,sha256                book      keep     -                      -
payments.PayoutRun          execute_on                          book      keep     -                      -
payments.PayoutRun          given_up_reason                     case      redact   all                    -
payments.PayoutRun          created_by,first_by,second_by,given_up_by,given_up_second_by  link keep - -
payments.PayoutPart         state,external_ref,failure_code     book      keep     -                      -
payments.BillingProfile     legal_name,address,postcode,town,country,vat_number,reference  book books -     -
payments.BillingProfile     email                               contact   blank    email:email            -
payments.VatCheck           vat_number,answer,consultation,proof  book    books    -                      -
payments.VatCheck           decided_by                          link      keep     -                      -
payments.BatchTerms         batch_ref,title,treatment,why       book      books    -                      -
payments.Invoice            kind,treatment,customer,seller,lines,locale,reason  book books -               -
payments.Invoice            issued_by                           link      keep     -                      -
payments.SpendingLimit      member                              link      delete   member                 -
payments.SpendingLimit      set_by                              link      keep     -                      -
payments.AutoTopUp          customer_ref,method_ref,method_label,stopped_code  content keep -              -
payments.AutoTopUp          asked_by                            link      keep     -                      -
payments.Transaction        kind,reference                      book      keep     -                      -
payments.Entry              currency                            book      keep     -                      -
payments.Period             sha256                              book      keep     -                      -
payments.Period             closed_by                           link      keep     -                      -
payments.ExternalObject     gateway,external_id,kind,object_ref book      keep     -                      -
payments.Difference         gateway,kind,external_id            book      keep     -                      -
payments.Difference         note                                case      redact   all                    -
payments.Difference         owner,ended_by                      link      keep     -                      -
payments.Deposit            gateway,state,external_ref,pay_url,failure_code,method,charge_ref  book keep - -
payments.Deposit            created_by                          link      keep     -                      -
payments.ExternalEvent      gateway,external_id,kind,object_ref book      keep     -                      -
payments.GatewayPoll        gateway                             state     keep     -                      -
payments.GatewayCustomer    gateway,customer_ref                book      keep     -                      -
payments.Refund             gateway,state,external_ref,failure_code  book keep     -                      -
payments.Refund             created_by                          link      keep     -                      -
payments.Chargeback         gateway,external_ref,state,reason   book      keep     -                      -
payments.SimulatedObject    kind,key,state,code,next_state      state     keep     -                      -
payments.SimulatedBehaviour kind,key,behaviour                  state     keep     -                      -

# --- the moderator's day, mail and published figures
base.CaseDraft              kind                                state     delete   moderator              -
base.CaseDraft              moderator                           link      delete   moderator              -
base.CaseDraft              values                              words     delete   moderator              -
base.CaseLease              kind                                state     delete   moderator              -
base.CaseLease              moderator                           link      delete   moderator              -
base.Stake                  kind                                state     keep     -                      -
base.Stake                  moderator                           link      keep     -                      -
base.FormerMembership       user                                link      delete   user                   -
base.SecondOpinion          kind,act                            state     keep     -                      -
base.SecondOpinion          question,answer                     case      redact   all                    -
base.SecondOpinion          asked_by,asked_of,answered_by       link      keep     -                      -
base.MailChoice             user                                link      delete   user                   mail_choices
base.MailChoice             topic,way                           record    delete   user                   mail_choices
base.MailHours              user                                link      delete   user                   mail_choices
base.PublishedFigures       period,figures                      content   keep     -                      -

# --- leaving
mydata.ErasureRequest       user                                link      keep     -                      -
mydata.ErasureRequest       state,waits_for                     state     keep     -                      -
mydata.SealedRecord         user                                link      keep     -                      -
mydata.SealedRecord         key_id,sealed                       tax       other    user                   -
mydata.SealedRecord         keep_until                          book      keep     -                      -
mydata.DataExport           user                                link      other    user                   -
mydata.DataExport           path                                state     other    user                   -

# --- what Django itself keeps
auth.Group                  name                                state     keep     -                      -
auth.Permission             name,codename                       state     keep     -                      -
contenttypes.ContentType    app_label,model                     state     keep     -                      -
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One line for one column; `person` and `list` are '' where the line has a dash."""

    model: str
    name: str
    kind: str
    act: str
    person: str
    list: str


@cache
def register() -> dict[tuple[str, str], Column]:
    """Every column by (model, name). Raises ValueError for a line that can't be read, or a column told twice."""
    found: dict[tuple[str, str], Column] = {}
    for line in TABLE.splitlines():
        words = line.split()
        if not words or words[0] == "#":
            continue
        if len(words) != 6 or words[2] not in KINDS or words[3] not in ACTS:
            raise ValueError(f"not a line of the register: {line}")
        model, names, kind, act, person, where = words
        for name in names.split(","):
            if (model, name) in found:
                raise ValueError(f"told twice: {model}.{name}")
            found[model, name] = Column(model, name, kind, act, person.strip("-"), where.strip("-"))
    return found
