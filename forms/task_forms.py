"""Table of the embedded task forms; their HTML is generated at deployment.

To add a form: one row here, `formKey="embedded:deployment:<name>"` in the diagram, and the step's
module in `tasklist/…/deal/steps/`. The gate compares rows and diagrams.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from db.domain.people.assignment import At
from db.domain.shipping.delivery import Answer

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
    """One embedded form: its resource name, the step it shows, the variables it submits, whose
    tasks show it.

    All of the variables are submitted by every button; the order is that of the attribute.
    """

    name: str
    """The name in the deployment, after "embedded:deployment:"."""
    step: str
    variables: Sequence[str]
    roles: Sequence[str] = ()
    """Roles of the catalog that may hold its tasks, or `MANAGER`. None: the catalog says it by the
    approval step that the task decides."""
    at: At = At.SOURCE
    """End of a transfer between branches whose person is looked up for its tasks."""
    answers: Sequence[str] = ()
    """Answers of its buttons, where a diagram repeats them for the step that records one."""

    file: str = ""
    """Field of the catalog in which the step behind it stores its file."""

    @property
    def submits(self) -> frozenset[str]:
        return frozenset(self.variables)

    @property
    def html(self) -> bytes:
        return (MARKUP % (self.step, " ".join(self.variables))).encode()


MANAGER = "manager"
"""The manager of the deal, whatever the role; heads of the direction stand in."""

DECISION = ("decision", "comment", "edits")
DELIVERY = ("answer", "fileId", "reason")
NUMBER = ("answer", "number", "picked", "comment")
ANSWER = ("answer", "values", "reason")
STAGE_MOVE = ("wantedStage", "seenVersion", "lossReason", "lossComment")

FORMS = (
    Form(
        "accept-at-branch.html",
        "branchAccept",
        DELIVERY,
        ("storekeepers",),
        At.RECEIVER,
        answers=(Answer.DELIVERED, Answer.DISCREPANCY),
    ),
    Form("agree-cost.html", "cost", ANSWER, (MANAGER,)),
    Form("assess-trial.html", "assessTrial", ANSWER, (MANAGER,)),
    Form("assign-driver.html", "driver", ("driver", "carrierDriver"), ("dispatchers",)),
    Form("check-duplicates.html", "duplicates", ANSWER, (MANAGER,)),
    Form("check-repair.html", "check", ANSWER, (MANAGER,)),
    Form("clarify-direction.html", "clarify", ("shippingDirection",), ("onecOperators",)),
    Form(
        "confirm-receipt.html",
        "receipt",
        DELIVERY,
        ("onecOperators",),
        answers=(Answer.DELIVERED, Answer.FAILED),
        file="receiptFile",
    ),
    Form("correct-product.html", "correctProduct", (), (MANAGER,)),
    Form("correct-requisites.html", "correction", (), (MANAGER,)),
    Form("create-item.html", "item", NUMBER, ("onecOperators",)),
    Form("create-realization.html", "realization", NUMBER, ("onecOperators",)),
    Form("deal-work.html", "work", STAGE_MOVE, (MANAGER,)),
    Form("decide.html", "decision", DECISION),
    Form("decide-warranty.html", "warranty", ANSWER, ("serviceHeads",)),
    Form(
        "deliver-by-carrier.html",
        "carrier",
        DELIVERY,
        ("drivers",),
        answers=(Answer.DELIVERED, Answer.FAILED, Answer.DRIVER_CHANGED),
        file="ttnFile",
    ),
    Form(
        "deliver-own.html",
        "ownDelivery",
        DELIVERY,
        ("drivers",),
        answers=(Answer.DELIVERED, Answer.FAILED, Answer.DRIVER_CHANGED),
        file="signedUpdFile",
    ),
    Form("diagnose-fault.html", "diagnosis", ANSWER, ("serviceEngineers",)),
    Form("draft-contract.html", "contract", ("fileId",), ("lawyers",), file="contractFile"),
    Form("enter-onec-contract.html", "onec", NUMBER, ("onecOperators",)),
    Form("enter-tracking.html", "tracking", ("tracking",), ("onecOperators",)),
    Form("fix-fault.html", "repair", ANSWER, ("serviceEngineers",)),
    Form("give-back.html", "handover", ANSWER, (MANAGER,)),
    Form(
        "hand-over.html",
        "pickup",
        ("answer", "fileId", "reason", "identityChecked"),
        ("storekeepers",),
        At.HAND_OVER,
        answers=(Answer.DELIVERED, Answer.FAILED),
        file="signedUpdFile",
    ),
    Form("override-onec.html", "overrideOnec", ("answer", "comment"), ("portalAdmins",)),
    Form("pick-order.html", "picking", ("comment",), ("storekeepers",)),
    Form("place-trial.html", "placeTrial", ANSWER, (MANAGER,)),
    Form("prepare-product.html", "product", STAGE_MOVE, (MANAGER,)),
    Form("prepare-upd.html", "upd", ("number", "picked"), ("onecOperators",)),
    Form("receive-equipment.html", "receive", STAGE_MOVE, (MANAGER,)),
    Form("renegotiate-terms.html", "renegotiate", STAGE_MOVE, (MANAGER,)),
    Form("replan-delivery.html", "replan", ("answer", "shippingDirection", "reason"), (MANAGER,)),
    Form("resolve-failure.html", "failure", ("comment",), ("portalAdmins",)),
    Form(
        "send-to-branch.html",
        "branchSend",
        DELIVERY,
        ("storekeepers",),
        answers=(Answer.DELIVERED, Answer.FAILED),
    ),
    Form(
        "settle-discrepancy.html",
        "branchDiscrepancy",
        ("answer", "reason"),
        (MANAGER,),
        answers=(Answer.PROCEED, Answer.CANCEL),
    ),
    Form(
        "settle-onec.html",
        "settleOnec",
        ("answer", "number", "picked", "comment", "differenceSeen"),
        ("onecOperators", "lawyers"),
    ),
)
