"""Who asked to stop: real phrasings of both kinds, in many languages and many spellings. Whoever meets another adds it."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import optout, stopwords
from gateway.optout import triage

OUT = [  # nothing but a stop: out by itself
    # as people press it
    "STOP", "stop", "Stop", "sToP", " stop ", "STOP.", "Stop!!!", "STOP!!!!!!", "stop?", "[STOP]", "(stop)", "*stop*", "\"STOP\"", "“Stop”",
    "'stop'",
    "«STOP»", "STOP 🛑", "🛑 STOP 🛑", "stop 😡😡", "STOPPP", "stoooop", "SSSTOP", "STOP\n", "\nSTOP\n\n", "S T O P", "S.T.O.P.",
    "s-t-o-p", "stop stop",
    "STOP STOP STOP!!", "stop, stop. STOP", "ＳＴＯＰ", "𝐒𝐓𝐎𝐏", "STОP", "SТОР", "ST0P", "5top", "St\u200bop", "\ufeffSTOP", "S\u0301TOP",
    "STOP\u3164",
    "stop\u00a0", "_stop_", "#stop",
    "STOP\nSent from my iPhone", "Stop\n\nSent from my Samsung Galaxy smartphone.", "sotp", "Stpo", "sttop",
    # with manners
    "stop please", "Please stop", "please stop.", "PLS STOP", "Stop plz", "Hi, please stop. Thanks!", "ok stop", "Stop, thank you",
    "Please stop now", "kindly stop",
    # the FCC's words, and those of the providers
    "quit", "QUIT", "end", "End.", "revoke", "opt out", "Opt-out", "OPTOUT", "opt out please", "cancel", "Cancel please", "unsubscribe",
    "UNSUBSCRIBE!", "Unsuscribe", "unsubcribe",
    "unsubscribed", "un subscribe", "stopall", "STOP ALL", "remove", "TD", "stop end",
    # in words
    "remove me", "Remove me from your list", "please remove me from this list", "remove my number", "take me off your list",
    "Take me off this list please", "take my number off your list",
    "don't text me", "Don’t text me again", "dont text me", "Do not text me", "please do not contact me", "do not contact me again",
    "Don't message me anymore",
    "Never text me again", "no more texts", "No more texts please", "No more messages!", "no more", "stop texting me", "Stop texting",
    "STOP TEXTING ME!!!",
    "please stop texting me", "Stop messaging me", "stop sending me these texts", "stop sending messages to this number",
    "Stop contacting me please", "quit texting me",
    "Please stop sending me messages", "lose my number", "Lose this number!", "delete my number", "leave me alone", "LEAVE ME ALONE!!!",
    "unsubscribe me",
    "Unsubscribe me from all of this list", "opt me out", "I want to opt out", "i want to unsubscribe",
    "I would like to stop receiving these texts", "stop it", "stop this now",
    "stop spamming me", "end texts", "don't send me texts", "Don't send any more messages", "Stop calling me", "get me off this list",
    "Can you please stop?", "cancel my subscription", "go away",
    # Spanish
    "ALTO", "alto por favor", "baja", "BAJA", "cancelar", "No más", "no mas", "NO MÁS MENSAJES", "no mas mensajes por favor", "ya no más",
    "detener", "basta", "Por favor no me escriban más",
    "no me manden mensajes", "No me envíen más mensajes, gracias", "quiero darme de baja", "darme de baja", "bórrame de la lista",
    "déjenme en paz", "eliminar", "desuscribirme",
    # French
    "ARRET", "arrêt", "Arrêtez s'il vous plaît", "arrete svp", "STOP SVP", "désabonner", "Désinscription", "ne m'écrivez plus",
    "Laissez-moi tranquille !", "plus de messages merci",
    # German
    "STOPP", "stopp bitte", "Abmelden", "bitte abmelden", "abmelden!", "Hör auf", "hoer auf", "Lass mich in Ruhe", "Keine SMS mehr bitte",
    "Kündigen",
    # Portuguese, Italian, Dutch, Polish
    "SAIR", "parar", "Cancelar, por favor", "não me mande mais mensagens", "me deixe em paz", "descadastrar", "Basta!", "cancellami",
    "Non scrivetemi più", "disiscrivimi per favore",
    "AFMELDEN", "uitschrijven aub", "Laat me met rust", "geen berichten meer", "wypisz mnie", "Proszę nie pisać", "Przestańcie", "usuń mój numer",
    # Turkish, Russian, Ukrainian
    "İPTAL", "iptal", "RET", "durdur lütfen", "bana mesaj atmayın", "Rahat bırakın", "СТОП", "стоп!", "Отписаться", "отписка",
    "Не пишите мне больше"[:13], "больше не пишите мне", "Хватит",
    "удалите мой номер", "відписатися", "не пишіть мені",
    # Arabic, Persian, Urdu, Hebrew
    "توقف", "إيقاف", "ايقاف", "إلغاء", "الغاء الاشتراك", "توقّف من فضلك", "قف", "لا ترسلوا لي رسائل", "لغو", "بند کرو", "הסר",
    "הסירו אותי בבקשה", "תפסיקו",
    # Hindi and its neighbours
    "रोकें", "बंद करो", "कृपया बंद करें", "band karo", "মেসেজ পাঠাবেন না", "ਬੰਦ ਕਰੋ",
    # Chinese, Japanese, Korean, Thai
    "停止", "退订", "退訂", "取消订阅", "請停止", "请停止发送", "不要再发了", "別再發了", "停止。谢谢", "配信停止", "やめてください",
    "그만", "그만 보내세요", "수신거부", "수신 거부", "중지", "หยุด",
    # Vietnamese, Tagalog, Haitian Creole
    "dừng", "Dừng lại", "hủy", "ngừng", "Xin ngừng nhắn tin", "đừng nhắn tin nữa", "DỪNG", "tigil", "Itigil mo na", "itigil", "hinto",
    "tigilan mo ako", "sispann", "Sispann tanpri", "retire m nan lis la",
    "pa voye mesaj ankò",
    # and others
    # as other senders ask for it, and what was once missed
    "STOP1", "Stop2End", "STOP2STOP", "stop2quit", "Keine weiteren Nachrichten", "Löschen Sie mich bitte", "Non voglio più messaggi",
    "Je ne veux plus recevoir de messages", "No me contacten más", "Déjenme tranquila por favor", "Borren mi número", "mesaj istemiyorum",
    "Pare de mandar mensagem", "Không nhắn tin nữa", "nem kérek több üzenetet",
    "berhenti", "jooji", "afmeld", "avsluta", "lopeta", "dezabonare", "ΣΤΟΠ", "στοπ", "ΣTOΠ", "ΔIAΓPAΦH", "simamisha",
]  # fmt: skip

PERSON = [  # a stop word, and more: somebody looks
    "STOP the bill! count me in", "Stop the count", "Please stop. I already voted.", "STOP, who is this?", "Yes stop", "No, stop",
    "Who is this? Stop texting me",
    "I told you people to stop three times already", "STOP by at 6", "stop drilling in the park", "how do I stop these?",
    "if I text STOP does it end?", "we must stop them",
    "Reply STOP to opt out", "I have to cancel, sorry", "cancel my seat please", "I want to cancel", "I quit smoking",
    "can you remove me from the Friday shift",
    "My wife signed me up, please remove me from whatever this is", "Don't stop!", "dont stop now we are winning", "END THIS", "the end",
    "not interested", "I'm not interested, thanks",
    "this is harassment", "I never signed up for this spam", "Take my mom off your list too, she died", "f off and stop", "Fuck off", "out",
    "Enough!", "that's enough", "delete", "stp",
    "blocked", "Don't call me", "no more calls please", "Stop that", "don't text that number", "Stop it lol 😂", "I can't. Stop.",
    "take me out of your list", "Fin", "fin.", "Halt", "Para", "dur", "Koniec", "rete", "bas", "pare", "ya no", "🛑", "🚫🚫",
    "stop gap stop", "STOP 12345",
    "alto ahi amigo",
    "No me interesa", "No, no me interesa gracias", "por favor señor cancelar mi asiento", "kein Interesse", "je veux que ça s'arrête stop",
    "не интересует", "取消我的报名",
    "能不能停止发这些东西给我", "활동 취소하고 싶어요", "문자 그만 좀 보내", "dung", "Huy", "từ chối", "tama na", "wag na", "отказ",
    "rezygnuję", "chega",
    "I don't want these texts", "I no longer wish to receive these messages", "You have the wrong number please take me off", "stahp",
    "do not send me anything", "Why do you keep texting me", "Cease and desist", "cease", "Get lost", "I'm on the do not call list",
    "No quiero que me escriban", "Ne m'envoyez rien", "请不要再给我发信息",
    "Ada here: stop, unsubscribe, whatever the word is, do it", "unsubscribe my husband, not me",
    "they said to text unsubscribe but I like you", "stop\u2028the rest", "I moved. End.", "ALTO. Vivo en otra ciudad ahora y no voto aqui",
]  # fmt: skip

REPLY = [  # nobody asked for anything like it
    "Stop by at 6?", "can I stop by tomorrow", "non-stop fun", "NONSTOP", "where is the bus stop", "I'll stop at the store first",
    "we can't stop, won't stop", "Is there a stop sign there?",
    "One-stop shop", "what's the next stop", "STOP BY AT 6", "", " ", "👍", "❤️", "?", "!!!", "...", "yes", "Yes!", "YES", "YES 2",
    "yes please", "y", "yep", "yeah", "no", "No", "NO!", "no thanks",
    "No thank you", "nope", "maybe", "Maybe later", "ok", "OK", "sure", "2", "1", "three", "2 people", "I can come", "count me in",
    "I'm in", "Who is this?", "wrong number", "I moved", "new phone who dis",
    "already voted", "I will vote on Tuesday at 5pm with my mom", "can't make it", "sorry no", "see you there", "thanks", "thank you",
    "Good", "later", "call me", "what time does it end?", "Don't send it to me", "Take me", "Take this out",
    "take me out to the ball game", "Get out", "delete this", "please", "never text and drive",
    "could you stop by", "no more than two of us",
    "it should end well before nine, right?", "ending soon", "my friend will send it", "weekend works", "I recommend it", "Attend", "quite",
    "ceasefire now", "Ceasefire, cease fire!", "No quiero que me desalojen", "I don't want this landlord", "stop2gether", "I get lost there",
    "Quito", "stoic", "unstoppable", "estoppel", "cancelled?",
    "the revoked one", "remote", "output", "opted", "I have no more questions about it for now thank you", "texting you back",
    "no text book needed at all right",
    "sí", "Si", "sì", "si, dos", "quizás", "tal vez", "no gracias", "para dos personas", "seis", "peru", "Soy muy alto y fuerte",
    "mañana no puedo", "oui", "Non", "non merci", "peut-être", "d'accord", "ja", "nein", "Nein danke",
    "vielleicht", "das ist halt so", "sim", "não", "não obrigado", "talvez", "no grazie", "forse", "nee", "misschien", "tak", "nie",
    "nie dziękuję", "może", "evet", "hayır", "Hayir", "belki", "да", "нет", "может быть",
    "так", "ні", "نعم", "لا", "ربما", "שלום", "כן", "לא", "हाँ", "नहीं", "शायद", "acha", "accha", "haan", "nahi", "是", "不", "不是", "好", "不要",
    "可能", "停车在哪里", "はい", "いいえ", "네", "아니요", "그만큼 좋아요",
    "có", "không", "đúng", "Đúng rồi", "dùng", "oo", "hindi", "siguro", "wi", "non mèsi", "petèt", "ya", "yes yes yes", "Finn", "Alta?"[:3],
    "Bassist", "retro", "Rosa Alto Perez is coming with me on Sunday",
    "Liked “Hi Rosa, it's Sam from Elm Street. Can you come? STOP to end.”", "Loved \"Reply STOP to opt out\"",
    "\u200a👍\u200b to “ Can you come? STOP to end ”", "Laughed at “STOP to end”",
    "Le encantó “Responde ALTO para salir”", "Emphasized “Text STOP to end”",
]  # fmt: skip

AGAIN = [
    "START", "start", "Start please", "UNSTOP", "un-stop", "unstop!", "restart", "resume", "opt in", "Opt me back in", "iniciar",
    "démarrer", "starten", "старт", "ابدأ", "शुरू", "开始", "시작", "bắt đầu", "komanse",
]  # fmt: skip

HELP = [
    "HELP",
    "help",
    "Help!",
    "help me please",
    "INFO",
    "ayuda",
    "aide",
    "Hilfe bitte",
    "помощь",
    "مساعدة",
    "帮助",
    "도움말",
    "tulong",
]

NEVER = [
    "yes", "YES", "Yes!", "si", "sí", "oui", "ja", "sim", "tak", "da", "да", "evet", "نعم", "हाँ", "是", "네", "wi", "oo", "yes start",
    "yes, sign me up again", "start the car", "count me in",
]  # fmt: skip


@pytest.mark.parametrize("text", OUT)
def test_a_plain_stop_opts_out_by_itself(text: str) -> None:
    assert triage(text).kind == "stop"
    assert triage(text).word


@pytest.mark.parametrize("text", PERSON)
def test_a_stop_among_other_words_is_for_a_person(text: str) -> None:
    assert triage(text).kind == "ask"
    assert triage(text).word


@pytest.mark.parametrize("text", REPLY)
def test_everything_else_is_a_reply(text: str) -> None:
    assert triage(text) == optout.Triage("reply")


@pytest.mark.parametrize("text", AGAIN)
def test_who_wants_to_come_back_may(text: str) -> None:
    assert triage(text).kind == "start"


@pytest.mark.parametrize("text", NEVER)
def test_yes_never_brings_anybody_back(text: str) -> None:
    assert triage(text).kind in ("reply", "ask")


@pytest.mark.parametrize("text", HELP)
def test_who_asks_for_help_is_heard(text: str) -> None:
    assert triage(text).kind == "help"


def test_the_table_is_as_large_as_it_was_meant_to_be() -> None:
    assert len(set(OUT)) >= 90
    assert len(set(PERSON) | set(REPLY)) >= 60
    assert len(stopwords.STOP) >= 20


@pytest.mark.parametrize(
    ("language", "entry"), [(k, w.strip()) for k, v in stopwords.STOP.items() for w in v.split("|")]
)
def test_every_listed_word_works_in_every_shape(language: str, entry: str) -> None:
    shapes = (
        entry,
        entry.upper(),
        entry.title(),
        f"{entry}.",
        f"“{entry}”!!",
        f"please {entry}",
        f"{entry} 🙏 thanks",
        unicodedata.normalize("NFD", entry),
    )
    for shape in shapes:
        if shape.upper() != entry.upper() or len(shape) == len(entry):  # some capitals have no way back
            assert triage(shape).kind == "stop", shape
    assert triage(f"my neighbour said {entry} and came in twice").kind in ("ask", "reply")


ANSWERS = [
    "yes", "no", "maybe", "si", "sí", "oui", "non", "ja", "nein", "nee", "sim", "não", "talvez", "tak", "nie", "może", "evet", "hayır",
    "belki", "да", "нет",
    "نعم", "لا", "हाँ", "नहीं", "是", "不", "네", "아니요", "có", "không", "oo", "hindi", "wi", "yep", "nope", "sure", "ok", "later", "ya", "1",
    "2", "3", "4",
    "5", "6", "7", "8", "9", "10", "one", "two", "dos", "tres", "seis", "deux", "zwei", "due", "dwa", "iki", "два",
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_word_of_one_language_is_a_usual_answer_in_another(answer: str) -> None:
    assert triage(answer).kind == "reply"
    assert triage(f"{answer}!").kind == "reply"
    assert triage(f"{answer} please").kind == "reply"


def test_the_tables_do_not_contradict_each_other() -> None:
    lists = (optout.STOP, optout.START, optout.HELP, optout.ALONE)
    for index, table in enumerate(lists):
        for other in lists[index + 1 :]:
            assert not table & other
    assert optout.MILD <= optout.STOP
    assert not (optout.SINGLE & optout.POLITE)
    assert "" not in optout.STOP | optout.ASK | optout.ALONE | optout.START | optout.HELP | optout.POLITE


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    assert triage(text).kind in ("stop", "ask", "start", "help", "reply")


@given(
    st.sampled_from(["STOP", "cancelar", "стоп", "退订"]),
    st.sampled_from(["vote", "bring two chairs", "Tuesday", "my sister"]),
)
def test_a_stop_with_news_is_never_decided_alone(stop: str, news: str) -> None:
    assert triage(f"{stop} {news}").kind == "ask"
    assert triage(f"{news}. {stop}").kind == "ask"


HOSTILE = [
    "stop " * 2000, "a" * 10_000, "\u0301\u0316" * 5000, "S" + "\u0301" * 9999, "\u093c\u094d" * 5000, "ﷺ" * 10_000,
    "the stop " * 1100, "no more " * 1250, "🛑" * 10_000, "s" * 5000 + "top" * 1000, "\u200b" * 10_000, "“" * 10_000,
    "to " * 3333, "Liked “" + "x" * 9990, "退" * 10_000, "please " * 1400 + "stop", "don't " * 1600,
    "\u0f71\u0f72\u0f74" * 3333, "그만큼" * 3333, "un" * 5000, "remove me from " * 700, "i want to " * 1000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_long_text_takes_a_moment_and_no_more(text: str) -> None:
    begun = time.process_time()
    triage(text)
    assert (
        time.process_time() - begun < 0.5
    )  # a fifth of it here; what grows faster than the text takes many seconds


@pytest.mark.parametrize(
    "text", ["Odjava", "ОДЈАВА", "Спри!", "Atsisakau", "Atteikties.", "Ndalo", "STOPPUB"]
)
def test_a_stop_in_a_language_of_which_we_know_few_words_is_for_a_person(text: str) -> None:
    """It was a reply like any other, to a volunteer who may not read it."""
    assert optout.triage(text).kind == "ask"
