"""What happens at the counter: the wrong card first, which binds nobody, then a reservation and an application."""

from typing import Any

from demo.counter import Terminal
from demo.people import Person, check_refused
from demo.story import Story, check


def help_at_counter(story: Story, terminal: Terminal, ichiro: Person, hanako: Person, account: dict[str, Any]) -> None:
    """Help somebody without a telephone, before whom somebody else's card is at hand."""
    codes = {f"code{n}": str(code) for n, code in enumerate(account["codes"], start=1)}
    with story.step("一郎さんの手続に、花子さんのカードで署名してしまう") as said:
        case = terminal.begin(ichiro)
        terminal.begin_act("reservation")
        refused = hanako.try_to_sign(terminal.answer_all(ichiro))
        check_refused(refused, "another_card_in_case")
        said.append(f"{case}。断られた: {refused.title if refused else ''}。件は終わり、何も登録されていない")
    with story.step("職員がはじめからやり直し、一郎さんが自分の画面で読み、予約に署名する") as said:
        terminal.take_card()
        case = terminal.begin(ichiro)
        terminal.begin_act("reservation")
        done = ichiro.sign(terminal.answer_all(ichiro))
        said.append(f"{case}。マイキーID {done.find('mykey')}")
    with story.step("続けて、はなまるペイの会員番号を自分で入れ、申込に署名する") as said:
        terminal.begin_act("application", "はなまるペイ")
        page = terminal.answer_all(ichiro, account=account["account_id"], **codes)
        hint = page.read("アカウント")
        check(account["account_id"][-4:] not in terminal.look().words, "the clerk sees the account")
        ichiro.sign(page)
        said.append(f"署名した相手は {hint}。職員の画面には出ない")
    with story.step("受領書を受け取り、カードを取る") as said:
        printed = terminal.print_receipt()
        check("手続は終わりました" in terminal.take_card().words, "the citizen's screen still shows the case")
        said.append(f"{printed}。市民の画面には何も残っていない")
