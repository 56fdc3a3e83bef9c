"""Table of the embedded task forms; their HTML is generated at deployment.

To add a form: one row here, `formKey="embedded:deployment:<name>"` in the diagram, and the step's
module in `tasklist/…/deal/steps/`. The gate compares rows and diagrams.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MARKUP = """\
<form role="form" name="dealForm">
  <deal-form step="%s" submits="%s" ng-non-bindable></deal-form>
  <script cam-script type="text/form-script">
    camForm.formElement[0].querySelector('deal-form').attach(camForm, $scope);
  </script>
</form>
"""
"""Markup of every form: the element draws the step, Tasklist's form SDK sends its variables."""


@dataclass(frozen=True)
class Form:
    """One embedded form: its resource name, the step it shows, the variables it submits.

    All of the variables are submitted by every button; the order is that of the attribute.
    """

    name: str
    """The name in the deployment, after "embedded:deployment:"."""
    step: str
    variables: Sequence[str]

    @property
    def submits(self) -> frozenset[str]:
        return frozenset(self.variables)

    @property
    def html(self) -> bytes:
        return (MARKUP % (self.step, " ".join(self.variables))).encode()


DECISION = ("decision", "comment", "edits")
DELIVERY = ("answer", "fileId", "reason")
NUMBER = ("answer", "number", "picked", "comment")
ANSWER = ("answer", "values", "reason")
STAGE_MOVE = ("wantedStage", "seenVersion", "lossReason", "lossComment")

FORMS = (
    Form("accept-at-branch.html", "branchAccept", DELIVERY),
    Form("agree-cost.html", "cost", ANSWER),
    Form("assess-trial.html", "assessTrial", ANSWER),
    Form("assign-driver.html", "driver", ("driver", "carrierDriver")),
    Form("check-duplicates.html", "duplicates", ANSWER),
    Form("check-repair.html", "check", ANSWER),
    Form("clarify-direction.html", "clarify", ("shippingDirection",)),
    Form("confirm-receipt.html", "receipt", DELIVERY),
    Form("correct-product.html", "correctProduct", ()),
    Form("correct-requisites.html", "correction", ()),
    Form("create-item.html", "item", NUMBER),
    Form("create-realization.html", "realization", NUMBER),
    Form("deal-work.html", "work", STAGE_MOVE),
    Form("decide.html", "decision", DECISION),
    Form("decide-warranty.html", "warranty", ANSWER),
    Form("deliver-by-carrier.html", "carrier", DELIVERY),
    Form("deliver-own.html", "ownDelivery", DELIVERY),
    Form("diagnose-fault.html", "diagnosis", ANSWER),
    Form("draft-contract.html", "contract", ("fileId",)),
    Form("enter-onec-contract.html", "onec", NUMBER),
    Form("enter-tracking.html", "tracking", ("tracking",)),
    Form("fix-fault.html", "repair", ANSWER),
    Form("give-back.html", "handover", ANSWER),
    Form("hand-over.html", "pickup", ("answer", "fileId", "reason", "identityChecked")),
    Form("override-onec.html", "overrideOnec", ("answer", "comment")),
    Form("pick-order.html", "picking", ("comment",)),
    Form("place-trial.html", "placeTrial", ANSWER),
    Form("prepare-product.html", "product", STAGE_MOVE),
    Form("prepare-upd.html", "upd", ("number", "picked")),
    Form("receive-equipment.html", "receive", STAGE_MOVE),
    Form("renegotiate-terms.html", "renegotiate", STAGE_MOVE),
    Form("replan-delivery.html", "replan", ("answer", "shippingDirection", "reason")),
    Form("resolve-failure.html", "failure", ("comment",)),
    Form("send-to-branch.html", "branchSend", DELIVERY),
    Form("settle-discrepancy.html", "branchDiscrepancy", ("answer", "reason")),
    Form(
        "settle-onec.html",
        "settleOnec",
        ("answer", "number", "picked", "comment", "differenceSeen"),
    ),
)
