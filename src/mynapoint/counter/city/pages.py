"""What the pages of a city's administrators have in common: one list of steps a page, and every refusal in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from mynapoint.counter.city.typed import Mistyped
from mynapoint.kernel.documents import DocumentDiffers, DocumentMalformed
from mynapoint.kernel.refusal import Refusal
from mynapoint.place.operations import PlaceChangedMeanwhile, UnableToChangePlace
from mynapoint.staff.rules import UnableToStaff


@dataclass(frozen=True)
class Done:
    """What a form has done, in words; a secret is shown once, on the answer itself, and stands nowhere else."""

    words: str = ""
    secret: str = ""
    error: str = ""
    field: str = ""


Step = Callable[[], Done]

UNABLE: Final = (Mistyped, UnableToChangePlace, UnableToStaff, DocumentMalformed, DocumentDiffers)
_SENTENCES: Final[Mapping[str, str]] = {
    "mistyped": "{what}",
    "place_unknown": "この窓口はありません。",
    "place_taken": "この名前の窓口は、もうあります。ほかの名前を付けてください。",
    "place_changed_meanwhile": "ほかの人が先に変えたか、先の日付の内容があります。いまの内容を確かめてください。",
    "document_malformed": "この内容では登録できません({problem})。入れた値を確かめてください。",
    "document_differs": "同時にほかの変更がありました。いまの内容を確かめて、もう一度変えてください。",
    "post_unusable": "この役割は、この場所では使えません。一つの窓口に付けられるのは、窓口担当と窓口責任者です。",
    "counter_not_of_city": "この市の窓口ではありません。",
    "city_unknown": "この市の窓口がありません。",
    "user_name_unusable": "利用者名は、英小文字、数字、- _ . で、40文字までにしてください。",
    "user_name_taken": "この利用者名は使われています。ほかの名前にしてください。",
    "user_unknown": "この利用者はいません。",
    "works_elsewhere": "この人は、ほかの市か事務局で働いています。市が変わるときは、新しい利用者を作ります。",
    "post_held": "この人は、同じ役割をもう持っています。",
    "times_unusable": "終わりは始まりより後に、始まりはいまより後にしてください。",
    "membership_unknown": "この役割はありません。",
    "membership_ended": "この役割は、もう終わっているか、それより前に終わります。",
    "own_administration": "自分の「市の管理者」は、自分では終わりにできません。ほかの管理者に頼んでください。",
    "last_administrator": (
        "市の管理者がいない期間ができます。先に、終わりを決めずに、ほかの人を市の管理者にしてください。"
    ),
    "terminal_name_unusable": "端末の名前は、一行で、40文字までにしてください。",
    "terminal_name_taken": "この窓口に、同じ名前の端末があります。",
    "terminal_unknown": "この端末はありません。",
}


def take_step(request: HttpRequest, steps: Mapping[str, Step]) -> HttpResponse | Done:
    """Do what a form asks and lead back to the page; return what the page itself has to say."""
    try:
        done = steps.get(request.POST.get("step", ""), _none)()
    except UNABLE as refusal:
        return Done(error=explain(refusal), field=refusal.field if isinstance(refusal, Mistyped) else "")
    if done.secret:
        return done
    messages.success(request, done.words)
    return redirect(request.path)


def explain(refusal: Refusal) -> str:
    """Return a refusal's sentence."""
    return _SENTENCES[refusal.code].format(**refusal.data())


def knows(code: str) -> bool:
    """Say whether there is a sentence for a refusal."""
    return code in _SENTENCES


def _none() -> Done:
    raise PlaceChangedMeanwhile
