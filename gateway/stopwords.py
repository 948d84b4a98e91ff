"""The words with which people ask to stop, in many languages, as data for `gateway/optout.py`.

Written as people write them; accents, case and punctuation do not matter, except in `ACCENTED`. A language's
table holds words and phrases that mean a stop when they are the whole text. Whoever knows a language better:
add to it, and add the phrasing to `tests/gateway/test_optout.py`.

What an everyday answer may mean belongs into `ALONE` at most: Vietnamese "dung" is also "right", Spanish
"para" also "for", Hindi "acha" is "good", Finnish "seis" a Spanish six. "Yes" in any language stands nowhere
here.
"""

STOP = {
    "en": "stop | stopall | stop all | stops | end | quit | cancel | revoke | optout | opt out | opt me out | unsubscribe | remove"
    " | td | no more | leave me alone | leave us alone | lose my number | lose this number | forget my number | go away"
    " | cancel my subscription | end subscription | do not disturb | no texts | no text | no sms | no messages | no msgs"
    " | sotp | stpo | tsop | syop | dtop | stopo | stiop | stoip | stopt | stop it | sttop | sstop | cancle | cancell",
    "es": "alto | baja | cancelar | cancela | cancelen | no más | no mas mensajes | no más textos | ya no más | detener | detente"
    " | detengan | pare de enviar | paren | parar | basta | borrar | bórrame | bórrenme | eliminar | elimíname | elimínenme"
    " | quítame | quítenme | sácame de la lista | sáquenme de la lista | quítame de la lista | bórrame de la lista"
    " | dar de baja | darme de baja | dame de baja | denme de baja | quiero darme de baja | salir | desuscribir"
    " | deja de enviarme mensajes | dejen de enviarme mensajes | dejen de mandarme mensajes | deja de escribirme"
    " | dejen de escribirme | déjame en paz | déjenme en paz | no me escriban | no me escribas | no me escriban más"
    " | no me escribas más | no me manden mensajes | no me mandes mensajes | no me manden más mensajes"
    " | no me envíen mensajes | no me envíen más mensajes | no me molesten | no me molesten más | no me moleste"
    " | no quiero mensajes | no quiero más mensajes | no quiero recibir mensajes | no quiero recibir más mensajes"
    " | dejen de molestarme | deja de molestarme | deja de mandarme mensajes | dejen de escribir | ya dejen de escribir | déjenme tranquilo"
    " | déjenme tranquila | déjame tranquilo | déjame tranquila | no me contacten | no me contactes | no me contacte | no me contacten más"
    " | no me texteen | no me texteen más | dejen de textearme | borren mi número | quiten mi número | no deseo recibir mensajes",
    "fr": "arrêt | arrett | arrête | arrêtez | arrêter | désabonner | désabonnement | désinscrire | désinscription | résilier"
    " | annuler | stop sms | plus de sms | plus de messages | plus de textos | arrêtez de m'écrire | arrête de m'écrire"
    " | arrêtez de m'envoyer des messages | arrêtez de m'envoyer des sms | ne m'écrivez plus | ne m'écris plus"
    " | ne m'envoyez plus de messages | ne m'envoyez plus de sms | ne me contactez plus | ne plus me contacter"
    " | laissez-moi tranquille | laisse-moi tranquille | foutez-moi la paix | fichez-moi la paix | retirez-moi"
    " | retirez-moi de la liste | retirez-moi de votre liste | enlevez-moi de la liste | enlevez-moi de votre liste"
    " | supprimez-moi | supprimez mon numéro | je veux me désabonner | je ne veux plus de messages"
    " | ne plus recevoir de sms | je ne veux plus recevoir de messages | je ne veux plus recevoir de sms | plus de message"
    " | retirez mon numéro",
    "de": "stopp | abmelden | abmeldung | abbestellen | austragen | kündigen | aufhören | aufhoeren | hör auf | hoer auf | hört auf"
    " | hören sie auf | schluss | schluss jetzt | keine sms | keine sms mehr | keine nachrichten | keine nachrichten mehr"
    " | nicht mehr schreiben | schreib mir nicht mehr | schreiben sie mir nicht mehr | lass mich in ruhe | lasst mich in ruhe"
    " | lassen sie mich in ruhe | melde mich ab | melden sie mich ab | bitte abmelden | von der liste streichen"
    " | streichen sie mich von der liste | nehmen sie mich von der liste | löschen sie meine nummer | lösch meine nummer"
    " | keine weiteren sms | keine weiteren nachrichten | löschen sie mich | nicht mehr anschreiben | nicht mehr kontaktieren"
    " | schreibt mir nicht mehr",
    "pt": "sair | parar | parem | cancelar | cancele | descadastrar | descadastre | remover | me remova | remova-me"
    " | pare de me enviar mensagens | parem de me enviar mensagens | pare de me mandar mensagens | não me envie mensagens"
    " | não me envie mais mensagens | não me mande mais mensagens | não quero mais mensagens | não quero receber mensagens"
    " | chega de mensagens | me deixe em paz | me deixa em paz | me tire da lista | me tira da lista | não mais"
    " | não quero mais receber mensagens | não mande mais mensagem | não mande mais mensagens | pare de mandar mensagem"
    " | parem de mandar mensagem | quero sair da lista",
    "it": "basta | cancella | cancellami | cancellatemi | cancellare | disiscrivi | disiscrivimi | disiscrivetemi | disdici"
    " | disattiva | rimuovi | rimuovimi | rimuovetemi | toglimi | toglietemi | toglimi dalla lista | toglietemi dalla lista"
    " | smettila | smettetela | smettete di scrivermi | smetti di scrivermi | non scrivermi più | non scrivetemi più"
    " | non contattatemi più | non mandatemi più messaggi | niente più messaggi | basta messaggi | lasciami in pace"
    " | lasciatemi in pace | annulla | arresta | ferma"
    " | non voglio più messaggi | non voglio più ricevere messaggi",
    "nl": "afmelden | uitschrijven | stoppen | annuleren | meld me af | meld mij af | schrijf me uit | schrijf mij uit"
    " | geen berichten meer | geen sms meer | geen sms'jes meer | hou op | houd op | ophouden | laat me met rust"
    " | laat mij met rust | haal me van de lijst | haal mij van de lijst | verwijder mijn nummer | verwijder me",
    "pl": "wypisz | wypisz mnie | wypiszcie mnie | anuluj | przestań | przestańcie | zatrzymaj"
    " | nie pisz | nie pisz do mnie | nie piszcie | nie piszcie do mnie | proszę nie pisać | nie wysyłaj | nie wysyłajcie"
    " | usuń mnie | usuń mój numer | usuńcie mnie z listy | daj mi spokój | dajcie mi spokój | zostaw mnie w spokoju"
    " | zostawcie mnie w spokoju | koniec wiadomości"
    " | proszę o zaprzestanie | nie pisz do mnie więcej",
    "tr": "durdur | durdurun | iptal | ret | abonelikten çık | üyelikten çık | mesaj atma | mesaj atmayın | mesaj göndermeyin"
    " | bana mesaj atma | bana mesaj atmayın | yazmayın | bana yazma | bana yazmayın | artık yazmayın | rahat bırak"
    " | rahat bırakın | beni rahat bırak | beni rahat bırakın | beni listeden çıkar | beni listeden çıkarın | listeden çıkar"
    " | mesaj istemiyorum | artık mesaj istemiyorum",
    "ru": "стоп | отписаться | отписка | отпишите | отпиши | отмена | отменить | хватит | прекратите | прекрати | перестаньте"
    " | удалите меня | удалите мой номер | уберите меня из списка | не пишите | не пишите мне | не пиши мне"
    " | больше не пишите | больше не пишите мне | не присылайте | не присылайте смс | не беспокойте | не беспокойте меня"
    " | оставьте меня в покое | отстаньте | ctoп"
    " | не пишите мне больше | не хочу получать сообщения",
    "uk": "зупинити | зупиніть | відписатися | відпишіть | скасувати | припиніть | не пишіть | не пишіть мені"
    " | видаліть мій номер | залиште мене в спокої",
    "ar": "توقف | توقفوا | إيقاف | أوقف | أوقفوا | قف | إلغاء | إلغاء الاشتراك | الغاء اشتراكي | ألغ | كفى | أزيلوني | احذفوني"
    " | احذفني | احذفوا رقمي | احذف رقمي | لا ترسل | لا ترسلوا | لا ترسلوا لي | لا ترسل لي رسائل | لا ترسلوا لي رسائل"
    " | لا تراسلني | لا تراسلوني | لا أريد رسائل | اتركوني وشأني | اتركوني | وقف",
    "fa": "لغو | لغو اشتراک | پیام ندهید | دیگر پیام ندهید | حذف شماره من",
    "ur": "بند کرو | بند کریں | بند کر دو | پیغام مت بھیجو | پیغام نہ بھیجیں | مجھے میسج مت کرو",
    "he": "הסר | הסירו | הסירו אותי | הסר אותי | תסירו אותי | עצור | עצרו | הפסק | הפסיקו | תפסיקו | תפסיקו לשלוח | די כבר"
    " | אל תשלחו לי הודעות | אל תשלחו לי | תעזבו אותי | ביטול",
    "hi": "रोकें | रोको | रोकिए | बंद करो | बंद करें | बंद करिए | बंद कर दो | बंद | मत भेजो | मत भेजिए | संदेश मत भेजो"
    " | मैसेज मत भेजो | मैसेज मत करो | मुझे मैसेज मत करो | मुझे मैसेज मत भेजो | मुझे हटाओ | मुझे हटा दो | मेरा नंबर हटाओ"
    " | band karo | band kar do | band karein | roko | mat bhejo | message mat karo | message mat bhejo | mujhe message mat karo"
    " | mera number hatao | mujhe hatao"
    " | band kro | message mat bhejna | message band karo",
    "bn": "বন্ধ | বন্ধ করুন | বন্ধ করো | থামুন | আর পাঠাবেন না | মেসেজ পাঠাবেন না",
    "pa": "ਬੰਦ ਕਰੋ | ਰੋਕੋ | ਬੰਦ",
    "gu": "બંધ કરો | બંધ",
    "ta": "நிறுத்து | நிறுத்துங்கள்",
    "zh": "停止 | 停 | 停止发送 | 停止發送 | 退订 | 退訂 | 取消 | 取消订阅 | 取消訂閱 | 拒收 | 不要再发 | 不要再發 | 不要再发了"
    " | 不要再發了 | 不要再发短信 | 不要再發簡訊 | 不要再发信息 | 别再发了 | 別再發了 | 别再发短信 | 別再傳簡訊 | 不要再傳了"
    " | 不要给我发短信 | 不要給我發簡訊 | 别给我发短信 | 别烦我 | 別煩我 | 不要打扰我 | 不要打擾我 | 删除我的号码 | 刪除我的號碼",
    "ja": "停止 | 配信停止 | 解除 | 中止 | 退会 | やめて | やめてください | 送らないで | 送らないでください | もう送らないでください",
    "ko": "중지 | 정지 | 그만 | 그만해 | 그만하세요 | 그만해주세요 | 그만 보내세요 | 그만 보내 | 수신거부 | 거부 | 해지 | 취소"
    " | 보내지 마세요 | 보내지 마 | 문자 보내지 마세요 | 연락하지 마세요 | 문자 하지 마세요",
    "vi": "ngừng | dừng lại | hủy đăng ký | ngưng | ngừng nhắn tin | đừng nhắn tin | đừng nhắn tin nữa | đừng nhắn tin cho tôi"
    " | đừng nhắn tin cho tôi nữa | đừng gửi tin nhắn | đừng gửi tin nhắn nữa | xóa số của tôi | xoá số của tôi | để tôi yên"
    " | không nhắn tin nữa | đừng nhắn nữa | đừng gửi nữa",
    "tl": "tigil | itigil | itigil mo | itigil na | itigil nyo na | itigil ninyo | tumigil | tumigil ka | hinto | ihinto"
    " | tigilan mo ako | tigilan nyo ako | huwag na akong i text | wag nyo na akong i text | wag mo na akong i text"
    " | wag nyo na ako i text | wag mo na ako itext | tanggalin mo ako | tanggalin nyo ako | alisin nyo ako sa listahan"
    " | huwag na kayong mag text | wag na kayo mag text | wag na kayong mag text",
    "ht": "sispann | sispann voye mesaj | sispann voye m mesaj | sispann ekri m | pa voye mesaj | pa voye mesaj ankò"
    " | pa voye m mesaj ankò | pa ekri m ankò | retire m | retire m nan lis la | wete m nan lis la | wete m | anile | kite m trankil"
    " | kite m anrepo"
    " | rete voye mesaj",
    "el": "στοπ | διακοπή | σταμάτα | σταματήστε | διαγραφή | ακύρωση",
    "ro": "opriți | oprește | opreste mesajele | dezabonare | dezaboneaza ma | nu imi mai scrieti",
    "sv": "avsluta | avregistrera | avanmäl | sluta | sluta skriva | sluta smsa mig | inga fler sms",
    "da": "afmeld | frameld | hold op | ikke flere beskeder | ikke flere sms | lad mig være | lad mig være i fred | slet mit nummer",
    "no": "avmeld | avslutt | slutt å sende | ikke flere meldinger | la meg være i fred",
    "fi": "lopeta | lopettakaa | ei enää viestejä | poistakaa numeroni",
    "cs": "odhlásit | zastavit | zrušit | nepište mi | už mi nepište",
    "hu": "leiratkozás | leiratkozom | ne írjanak | ne írjon többet | nem kérek több üzenetet",
    "id": "berhenti | berhenti kirim | jangan kirim pesan | hentikan",
    "th": "หยุด | ยกเลิก | หยุดส่ง",
    "sw": "simamisha | acha kutuma | acha kunitumia ujumbe | usinitumie ujumbe",
    "so": "jooji | ha ii soo dirin",
    "am": "አቁም | አቁሙ",
}

ACCENTED = {"vi": "dừng | hủy | huỷ | thôi đi"}  # a stop only with exactly these accents: "Huy" is a name

# A stop as the whole text, an everyday word inside a longer one: there it counts only in a text of three words.
MILD = "end | stops | alto | baja | sair | salir | no more | no más | não mais | no text | no texts | parar | ret | td | basta"
MILD += " | ferma | sluta | schluss | hinto | وقف | قف | go away | borrar | बंद | বন্ধ | ਬੰਦ | બંધ"

# A person looks at it when it is the whole text; inside a longer one it means nothing.
ALONE = "out | im out | enough | thats enough | thats it | fin | halt | para | ya no | pare | dur | çık | rete | kanpe | bas | stp"
ALONE += " | get lost | knock it off | cease | desist | i dont want these | i do not want these | no more of these | stahp"
ALONE += " | parenle | párele | ya párenle | रुक जाओ | no molestar | wrong number delete"
ALONE += " | koniec | dość | rezygnuję | rezygnacja | delete | block | blocked | tama na | wag na | huwag na | ruko | रुको | די | thôi"
ALONE += " | từ chối | acabou | chega | assez | genug | genoeg | yeter | конец | отказ | досить | 不要了 | 够了 | 夠了 | 됐어요 | nres"
ALONE += (  # languages of which we know only these words: Croatian, Serbian, Bulgarian, Lithuanian, Latvian, Albanian
    " | odjava | odjavi me | odjavite me | prekini | prekinite | zaustavi | одјава | одјави ме | прекини | спри | спрете | стига"
    " | отпишете ме | atsisakau | nebesiųskite | atteikties | atrakstīties | ndalo | stoppub"
)
ACCENTED_ALONE = (
    "dung | huy"  # Vietnamese without its accents: perhaps a stop, perhaps "right", "use" or a name
)

# A person looks at it wherever it stands.
ASK = "your list | not interested | no interest | dont contact | fuck off | fuck you | piss off | screw you | too many texts | spam | spamming | scam"
ASK += " | harassing | harassment | be removed | off your list | off the list | off this list | my number off"
ASK += " | take me off | scratch me off | no longer wish to | no longer want to get | no longer want to receive | dont want these texts"
ASK += " | dont want these messages | dont want texts | dont want messages | dont want to receive | dont want to get texts"
ASK += " | dont want to get messages | do not want these texts | do not want these messages | do not want to receive | dont send me"
ASK += " | do not send me | do not call | dont write | do not write | dont bug | keep texting me | cease and desist | leave my number"
ASK += " | report you | no quiero que me escriban | no quiero que me manden | no deseo recibir | ne plus recevoir | plus recevoir de"
ASK += " | ne m'envoyez | keine weiteren nachrichten | keine weiteren sms | não quero mais receber | o zaprzestanie | не хочу получать"
ASK += " | 不要再给我发 | 不要再給我發 | 别再给我发 | 別再傳"
ASK += " | dont text | dont call | no more calls | stop calling | stop texting"
ASK += " | stop messaging | stop sending | do not text | do not contact | do not message | opt | how do i stop | my consent | did not consent"
ASK += " | no me interesa | no estoy interesado | no estoy interesada | no molesten | no me llamen | acoso | pas intéressé | pas intéressée"
ASK += " | ça ne m'intéresse pas | kein interesse | nicht interessiert | não tenho interesse | sem interesse | non mi interessa"
ASK += " | non sono interessato | non sono interessata | geen interesse | nie jestem zainteresowany | nie jestem zainteresowana"
ASK += " | ilgilenmiyorum | не интересует | мне не интересно | не цікаво | спам | لست مهتما | غير مهتم | कोई रुचि नहीं | không quan tâm"
ASK += " | hindi interesado | hindi ako interesado | pa enterese | m pa enterese | 관심 없어요 | スパム | 没兴趣 | 沒興趣 | 骚扰 | 騷擾"

START = "start | unstop | un stop | restart | resume | resubscribe | rejoin | opt in | optin | opt me in | opt me back in"
START += " | iniciar | reanudar | alta | suscribir | comenzar | reprendre | démarrer | réabonner | starten | wieder anmelden"
START += " | recomeçar | retomar | riattiva | hervatten | wznów | başlat | yeniden başlat | старт | подписаться | возобновить"
START += " | відновити | ابدأ | استئناف | शुरू | शुरू करो | shuru | shuru karo | 开始 | 開始 | 恢复 | 恢復 | 再開 | 시작 | 재개"
START += " | bắt đầu | bắt đầu lại | simulan muli | komanse | rekòmanse | התחל | ξεκίνα"

HELP = "help | info | help me | aide | ayuda | hilfe | ajuda | aiuto | hulp | pomoc | yardım | помощь | допомога | مساعدة | मदद"
HELP += " | 帮助 | 幫助 | ヘルプ | 도움말 | trợ giúp | tulong | èd | עזרה | βοήθεια | ajutor | hjälp | hjælp | hjelp"

# Said beside a stop without changing it.
POLITE = "please | pls | plz | plse | kindly | thanks | thank you | thankyou | thx | ty | thank u | now | right now | immediately"
POLITE += (
    " | at once | asap | already | forever | hi | hello | hey | dear | sir | madam | maam | ok | okay | just"
)
POLITE += " | por favor | porfavor | porfa | xfavor | gracias | ya mismo | ahora | hola | s'il vous plaît | s'il te plaît | sil vous plait"
POLITE += " | svp | stp | merci | bonjour | maintenant | bitte | danke | sofort | hallo | jetzt | obrigado | obrigada | agora | olá"
POLITE += " | per favore | perfavore | grazie | subito | ciao | alstublieft | alsjeblieft | aub | ajb | dank u | bedankt | nu"
POLITE += " | proszę | dziękuję | natychmiast | lütfen | teşekkürler | sağol | пожалуйста | плиз | спасибо | сейчас | будь ласка"
POLITE += " | дякую | من فضلك | رجاء | رجاءً | لو سمحت | لو سمحتم | شكرا | لطفا | בבקשה | תודה | कृपया | प्लीज | धन्यवाद"
POLITE += " | plij | दया करके | xin | xin vui lòng | vui lòng | làm ơn | cảm ơn | cám ơn | paki | pakiusap | po | na | salamat | tanpri"
POLITE += (
    " | silvouplè | souple | mèsi | 제발 | 부탁드립니다 | 감사합니다 | お願いします | παρακαλώ | ευχαριστώ"
)
POLITE += " | te rog | va rog | tack | tak skal du have"
GLUED_POLITE = ("请", "請", "谢谢", "謝謝", "麻烦", "麻煩", "了", "吧", "お願いします", "ください", "주세요")

NOT_GLUED = ("그만큼",)  # "as much", in which "enough" is written

# English: a head, then only words of the tail, among them one of each group that the head needs.
WISHES = (
    "i want to", "i would like to", "id like to", "i wish to", "i need you to", "i want you to", "can you", "could you",
    "would you", "will you", "you need to", "you guys need to", "i said", "i told you to", "i asked you to",
)  # fmt: skip
TAIL = (
    "me us my this these those it the to any all more again ever anymore no further of off out from your ur you yall text"
    " texting texts txt txts txting sending send sent receiving getting messaging message messages msg msgs sms contacting"
    " contact writing write calling call calls emailing spamming spam bothering bother harassing phone number cell list lists"
    " database notifications alerts updates stuff crap shit fucking damn freaking bullshit people guys name info mailing"
)
MERGE = {
    ("do", "not"): "dont",
    ("no", "more"): "nomore",
    ("opt", "out"): "optout",
    ("dont", "send"): "dontsend",
    ("never", "send"): "dontsend",
}
WRITING = ("text", "message", "contact", "bother", "txt", "spam")
TEXTS = ("text", "texts", "texting", "messages", "message", "sms", "msgs", "txts", "spam")
WHOM = ("me", "my", "us", "number", "name")
HEADS: dict[str, tuple[tuple[str, ...], ...]] = {
    "stop": (),
    "unsubscribe": (),
    "optout": (),
    "quit": (
        (
            "texting",
            "sending",
            "messaging",
            "contacting",
            "writing",
            "calling",
            "bothering",
            "spamming",
            "it",
        ),
    ),
    "dont": (WRITING,),
    "dontsend": (TEXTS,),
    "never": (WRITING,),
    "nomore": (TEXTS,),
    "cancel": ((*TEXTS, "subscription"),),
    "end": ((*TEXTS, "subscription"),),
    "remove": (WHOM,),
    "delete": (("me", "number", "contact", "info"),),
    "take": (("off",), WHOM),
    "get": (("off",), WHOM),
    "lose": (("number", "contact"),),
}

BEFORE_STOP = (  # "the bus stop", "I can't stop": a stop that is none
    "bus non one pit truck rest first next last short full train subway tram metro cant cannot wont never a the each every nonstop"
    " my our whistle tour"
)
AFTER_STOP = "by in at over sign light lights watch gap motion"

GLUED_ON = "stop(?:[0-9]{1,4}|(?:[24]|to|or)?(?:end|stop|quit|out|optout|cancel|unsub))"  # "STOP2END", as other senders ask for it

PREFIXES = (
    "unsub",
    "unsusc",
    "desuscri",
    "desinscri",
    "desabon",
    "отпис",
    "відпис",
)  # with any ending or misspelling

SIGNATURES = (
    "sent from my",
    "get outlook for",
    "enviado desde mi",
    "envoye de mon",
    "von meinem",
    "inviato da",
    "wyslano z",
)
# What telephones send when somebody taps a reaction: these words, then our own text in quotes, its stop word included.
TAPBACKS = "liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted \\S{1,12} to|removed an? [\\w ]{1,20} from|to"
TAPBACKS += "|me gustó|le gustó|le encantó|a aimé|a adoré|j’aime|gefällt|curtiu|amou|mi piace"
STOP_SIGNS = "🛑🚫⛔"
