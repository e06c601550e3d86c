"""Histories that once broke a promise, shrunk: a name for the defect, its seed, and its actions."""

from __future__ import annotations

from typing import NamedTuple

from tests.simulation.faults import ALL, FEW, Chances


class Past(NamedTuple):
    """One history; `actions` as `who:what:seed`, parted by blanks."""

    seed: int
    actions: str
    copies: int = 1
    look: str = "template"
    chances: Chances = FEW


REGRESSIONS: dict[str, Past] = {
    "the footer of a plan with CRLF ends with CRLF": Past(6, ""),
    "a create whose answer was lost is not repeated when the same run decides again": Past(
        46, "run:push:3376287426"
    ),
    "what both sides still owe is not taken for agreed": Past(
        119, "run:sync:199537446 tracker:close:1669479853 plan:unmark:3657363517 run:push:295088186"
    ),
    "a close that met a new step stays a conflict after that step is sent": Past(
        130, "run:push:3132457186 plan:add:3309447418 tracker:close:3432486713 run:pull:3996665041"
    ),
    "a close does not tick a step that the tracker never showed": Past(
        649,
        "run:push:3126685554 plan:unmark:1334162887 tracker:drop:4203920793 plan:add:3974246835"
        " run:pull:1141736237 tracker:close:2164466895",
    ),
    "the last tick after a recovered create closes the issue": Past(
        243, "run:sync:3832920329 plan:finish:421108813"
    ),
    "a text that the tracker never held is not pulled over": Past(
        248, "run:push:3615431441 tracker:reword:998022418 plan:reword:2969981580 run:push:804226510"
    ),
    "a tick that a person made too is no longer implied": Past(
        252,
        "run:sync:356045384 tracker:close:4195869226 run:pull:2407598423 tracker:tick:649590975"
        " tracker:reopen:1209432806",
    ),
    "a step is not removed with a tick that its remover never saw": Past(
        60, "run:sync:258148242 tracker:tick:3356812524 tracker:tick:3163175645 run:sync:12972297"
    ),
    "a removal that is owed is not undone by a tick": Past(
        391,
        "run:push:1331006032 tracker:remove:1345066695 run:push:179337611 plan:finish:3686605616",
    ),
    "a status line that never landed was not deleted by anybody": Past(
        330, "run:sync:2108996202 tracker:drop:720439290 run:pull:2524362836 plan:tick:453835017"
    ),
    "a milestone changed between read and write is seen by the next run": Past(
        372,
        "run:sync:1100568754 run:push:1751373177 run:sync:1386392902 tracker:reopen:1793857613"
        " run:sync:3572623757",
    ),
    "a close between read and write is seen by the next run": Past(
        599, "run:sync:358883387 plan:tick:221085417 run:sync:1661166929"
    ),
    "a reopening between read and write is seen by the next run": Past(
        516,
        "run:push:2976093191 tracker:drop:250446664 plan:prose:2142063611 run:pull:1535306504"
        " run:sync:102686928",
    ),
    "a tick between read and a write of another field is seen by the next run": Past(
        295,
        "run:push:1729056134 plan:reword:2733490923 plan:move:733665858 plan:add:2262052606"
        " tracker:close:3386882268 run:sync:2791079074",
    ),
    "a dependency on a task without an issue is not written for ever": Past(404, ""),
    "a stale list of milestones does not rename a phase back": Past(
        679, "run:sync:3608452918 plan:rename_phase:2901103563 run:push:2940305563 run:pull:862897800"
    ),
    "a phase that lost its marker is known by its title": Past(
        276,
        "run:push:2033685264 run:sync:4152038399 tracker:rename_milestone:3963993385 run:pull:641334686"
        " plan:unmark:1176335493",
    ),
    "a tick that a person made too is no longer implied, also runs later": Past(
        3030,
        "run:sync:4043799292 tracker:close:13254677 run:pull:133147357 tracker:tick:1224369154"
        " tracker:tick:1065112491 run:pull:1344149386 tracker:reopen:4135840110",
    ),
    "a plan write that landed before a crash is known by its other edits": Past(
        3788,
        "run:push:1805359078 tracker:add:3994385899 tracker:remove:2648917553 run:pull:4058980049"
        " plan:remove:754066511",
    ),
    "a first step goes where a status line goes away": Past(
        221, "run:push:257391 tracker:close:446008 run:pull:5 tracker:add:516020"
    ),
    "a task is moved behind the blanks that end a line": Past(
        99, "run:push:1736763878 tracker:move:2727762958", copies=2
    ),
    "a pull before the first push makes no lineage": Past(
        109, "plan2:reword:586750678 run:pull:1179452545", copies=2
    ),
    "a text in dispute without a base stays a conflict": Past(33, "plan2:reword:2205841122", copies=2),
    "a title whose write got lost is not taken for renamed back": Past(
        1796, "run:push:4103653216 plan:rename:3134767055 run:push:4083925699 tracker:tick:2489572351"
    ),
    "an owed close that a person made too is not undone by an untick": Past(
        788,
        "plan:tick:2218776758 run:sync:60781693 plan:finish:2324490900 run:pull:1404317664"
        " tracker:untick:902313883 tracker:close:4134306362",
    ),
    "a close does not tick what both sides unticked": Past(
        582,
        "run:push:1064397350 run:sync:3116146474 plan:untick:4023967909 tracker:add:3860200067"
        " plan:tick:1210072005 run:push:2288749441 plan:untick:4028565758 plan:tick:3510678055"
        " run:sync:2304418983 tracker:close:1050204235 tracker:untick:1833177499",
    ),
    "an owed close of a task with an own box is not undone by its open steps": Past(
        92, "run:push:383515608 plan:check:2308847647 run:pull:1630710991", look="boxes"
    ),
    "a close of a task with an own box outlives a run that ends before the plan is written": Past(
        31,
        "run:sync:918219640 plan:rename:3938417583 plan:rename:2418816164 tracker:close:3697094153"
        " run:sync:2731373011",
        look="boxes",
    ),
    "a step added by who does not know yet that the task is done does not reopen it": Past(
        695,
        "run:sync:3486664220 plan:check:1505141922 run:pull:3260784637 tracker:add:445744926",
        look="boxes",
    ),
    "a reopening that was owed already is a person's news all the same": Past(
        351,
        "run:push:1682455763 tracker:tick:4057392158 tracker:tick:926591713 plan:finish:403155192"
        " run:sync:2753614820 plan:add:900955378 run:pull:2937992576 plan:tick:23192870"
        " tracker:reopen:570025446",
        look="boxes",
    ),
    "an issue that was dropped since it was read is not closed as done": Past(
        314,
        "run:sync:2448148437 plan:check:552684988 plan:check:4021024104 run:push:1881372786",
        look="boxes",
    ),
    "a tick made on both sides does not certify a plan write that added a step": Past(
        1369,
        "run:push:390575184 tracker:tick:15089027 tracker:add:2133445514 run:pull:3618228316"
        " plan:tick:3707354308",
        look="boxes",
    ),
    "a renamed phase is known by its tasks, also beside one whose issue was never made": Past(
        2903,
        "run:push:3328108710 tracker:rename_milestone:2197671106 run:sync:3184070136"
        " plan:uncheck:2593377420 run:sync:3427201254 plan:unmark:835067951",
        look="boxes",
    ),
    "an issue that was closed while its text was written keeps the reason": Past(
        5644,
        "run:sync:2771309995 plan:rename_phase:891160660 plan:drop:2934222011 plan:finish:2550070159"
        " plan:finish:1610515198 run:sync:1678944503",
        look="boxes",
    ),
    "whether an issue was reopened before a crash is not known, so a close after it is asked about": Past(
        775,
        "plan:remove:3230080308 run:push:822268043 tracker:tick:1439096405 tracker:tick:3643265368"
        " run:sync:100212072 tracker:drop:1339620912 tracker:untick:495929121 run:sync:1541978699"
        " tracker:close:961975583",
    ),
    "what nobody can tell of a close stays forgotten when the run that says so ends before it writes": Past(
        32,
        "run:push:2584364062 plan:check:1481124516 run:sync:1465721009 tracker:reopen:2154860819"
        " plan:check:1202982806 run:sync:3311405662",
        look="boxes",
        chances=ALL,
    ),
    "a step may be removed where it stood open all the time, though the plan's tick came and went": Past(
        1811,
        "run:push:1233282724 run:pull:1086670634 plan:untick:1491670207 run:push:3996518461"
        " tracker:remove:817270474",
    ),
    "what a run sent before it died is not unticked for the checkout that follows": Past(
        40,
        "run:sync:1670509324 plan:rename:2452313089 git:commit:408049381 plan:tick:3889730535"
        " run:sync:676269524 git:check_out:3849953464",
        chances=ALL,
    ),
    "a plan that is checked out after a run that died is asked about": Past(
        40,
        "run:sync:1670509324 plan:tick:764591771 git:commit:408049381 plan:tick:3889730535"
        " run:sync:676269524 git:check_out:3849953464",
        look="boxes",
        chances=ALL,
    ),
    "a list that lags does not bring an old title back where the records are lost": Past(
        1110,
        "run:sync:1449301100 tracker:rename:2150431709 run:pull:3809201568 cache:lose:968594267"
        " run:sync:3445922958",
        look="boxes",
    ),
    "what a run made of which an older local database knows nothing is not made again while lists lag": Past(
        150281, "run:push:3151119177 local:restore:3102708532 run:push:571417772", chances=ALL
    ),
    "two edits that give a plan the bytes of an older one may be that one": Past(
        100013,
        "run:push:3739702276 run:sync:492812836 run:sync:2785252547 tracker:tick:2038656224 run:sync:3085178623"
        " plan:untick:3672943199 plan:untick:1835005275",
        chances=ALL,
    ),
    "what came and went while a run did not look was not away": Past(
        100793,
        "run:push:1575261083 plan:tick:2183691125 plan:check:1125889689 run:sync:3382697045 run:sync:2505449519"
        " plan:untick:2331333636 run:pull:4002218423 tracker:close:681613024",
        look="boxes",
    ),
    "a task that moved before it had an issue is the one that a push which died had marked": Past(
        5187, "plan2:move:2907901544 run:sync:4262136620", copies=2, chances=ALL
    ),
    "a phase that was renamed before its tasks had issues keeps the milestone that they are in": Past(
        682, "plan2:rename_phase:3618045647 run:sync:1555123535", copies=2, chances=ALL
    ),
    "a renamed task is known by its steps in whatever order the issue shows them": Past(
        967,
        "plan2:tick:3740438991 run:sync:1220311969 plan2:rename:4190109052 tracker:swap:3768538129",
        copies=2,
        chances=ALL,
    ),
    "an id that is remembered without a title does not hide what its issue is called": Past(
        1068,
        "run:push:504302739 plan:rename:2148274984 run2:sync:4036763288 plan:unmark:3679020196",
        copies=2,
        chances=ALL,
    ),
    "a task that may be one of another copy's gets no issue before a person says so": Past(
        932, "plan2:rename:525061866 run2:push:1128621339", copies=2, chances=ALL
    ),
    "a plan of which nothing but a phase has an id that is there asks whose the issues are": Past(
        158, "plan2:rename:102476395", copies=2, chances=ALL
    ),
    "a plan of which no id is there asks whose the issues of its path are": Past(
        909,
        "git:clone:1100562638 plan2:rename_phase:1247864223 run:sync:2590778924 tracker:rename:112313555",
        copies=2,
        chances=ALL,
    ),
    "a task whose phase was renamed too may be one of another copy's": Past(
        1605,
        "plan2:rename_phase:4256259684 run:push:4230945003 plan2:rename:839200670",
        copies=2,
        chances=ALL,
    ),
    "a first push that died asks whose the issues are that another copy made since": Past(
        456, "git:clone:50006785 run:sync:617755687", copies=2, look="boxes", chances=ALL
    ),
    "a task marked by a push that died is known again after the state file is read from the issues": Past(
        109, "plan2:rename:2365969204 run2:sync:3376067336 run:sync:1016116498", copies=2, chances=ALL
    ),
    "a step that two copies worded otherwise before either heard of the other stands there twice": Past(
        538,
        "run:push:1516023276 plan:add:2362080541 run2:sync:2666864119 plan:reword:3678034744",
        copies=2,
        chances=ALL,
    ),
    "a step that the plan owes is ticked as agreed, where the run that ticked it came to nothing": Past(
        260658,
        "plan:tick:3679414844 run:sync:1853059158 tracker:tick:2188137588 plan:finish:845259819"
        " plan:new_task:2937037945 tracker:add:2705543395 plan:reword:2266263977 tracker:close:1384279587"
        " run:sync:1234177843",
        chances=ALL,
    ),
    "a write that was given up and comes through late is no news from the tracker": Past(
        260435,
        "run:push:1575938006 plan:add:1664535784 plan:finish:907307235 run:sync:338559721 run:sync:3152254223",
        chances=ALL,
    ),
    "a step that a dead run reworded in the plan is not worded back for the checkout that follows": Past(
        266975,
        "run:sync:4113583548 plan:rename:1960905396 tracker:keyword:717378725 git:commit:2809982686"
        " tracker:reword:3078041791 run:sync:1431403151 git:check_out:1218591464 plan:tick:461816265",
        chances=ALL,
    ),
    "a step that a dead run reworded on the tracker is not worded back for the checkout that follows": Past(
        205444,
        "run:push:2138595320 tracker:drop:1131958077 git:commit:2961360762 plan:reword:1594673620"
        " run:sync:990390594 git:check_out:4246765436",
        chances=ALL,
    ),
    "a status line that a dead run wrote was not deleted by the checkout that follows": Past(
        206628,
        "run:push:2637776271 tracker:drop:2390344035 git:commit:883723527 run:sync:4088169524"
        " git:check_out:1725456804 plan:new_task:2468943962",
        chances=ALL,
    ),
    "what a run wrote whose end nobody wrote down is not undone by the checkout that follows": Past(
        268018,
        "run:sync:3488088955 git:commit:1596274074 plan:rename_phase:2312072283 run:push:41"
        " git:revert:4153580133",
        chances=ALL,
    ),
    "a step reworded after a plan write that nobody can certify knew nothing of the words that it was to get": Past(
        207504,
        "run:push:2153732669 tracker:remove:2548058322 run:sync:2095751345 tracker:tick:388091463"
        " tracker:reword:3650515003 tracker:keyword:4043211812 run:sync:3037668312 plan:tick:4245749958"
        " plan:reword:3264154310",
        chances=ALL,
    ),
    "an issue that is reopened in the second in which a dead run closed it stays open": Past(
        268724,
        "run:push:2356168888 run:sync:2280833284 plan:tick:3559360846 plan:untick:3581605739 tracker:tick:1522652810"
        " plan:check:1677401000 run:sync:961072532 tracker:reopen:2443711061",
        look="boxes",
        chances=ALL,
    ),
    "a milestone that is renamed while a run decides is not renamed over": Past(
        268118,
        "run:push:3161751374 plan:rename_phase:1097921444 tracker:close:2904839795 run:sync:4165661118",
        chances=ALL,
    ),
    "a plan and a state file that stood together are not measured by what that plan agreed on later": Past(
        209859,
        "run:push:791940173 tracker:keyword:3914443043 plan:rename_phase:3808449987 plan:rename:2864038642"
        " git:commit:1252363442 run:sync:421425755 tracker:add:2388982381 run:sync:430642223"
        " tracker:close:2708549133 git:check_out:2861917009",
        chances=ALL,
    ),
    "a tick that a person takes off a closed issue reopens it, though the plan owed it that already": Past(
        206689,
        "run:push:1428251413 tracker:keyword:3743099184 plan:untick:4179381699 run:pull:971720675"
        " tracker:untick:3809855022",
        look="boxes",
        chances=ALL,
    ),
    "a plan write whose steps somebody reworded and unticked is asked about": Past(
        361930,
        "run:push:1786598713 run:push:954128184 tracker:tick:1634877139 run:sync:4085596790 run:pull:1110011115"
        " plan:reword:3539182528",
        chances=ALL,
    ),
    "a task that its author took up is not done by a tick that the run that reopens it had not seen": Past(
        501078,
        "run:push:1712487250 tracker:close:3801077910 tracker:close:4057357640 run:pull:2299839151"
        " tracker:drop:4270924717 tracker:close:741306023 plan:drop:4030232975 tracker:tick:2679599058"
        " plan:uncheck:482435693 run:sync:3129660519",
        look="boxes",
        chances=ALL,
    ),
    "a tick before the reopening that a step asked for has landed takes that reopening back": Past(
        700453,
        "run:sync:3302693461 plan:finish:3444127239 run:sync:865882872 tracker:untick:383880726"
        " run:pull:2180317890 tracker:tick:3638701683",
        look="boxes",
        chances=ALL,
    ),
    "what git put back is asked about also where another row of the same task was open": Past(
        701562,
        "run:push:617150180 git:commit:2598639517 tracker:close:1580878767 plan:finish:1541037491"
        " run:sync:4245785103 git:check_out:4085109309",
        chances=ALL,
    ),
    "a body that was taken for refused from a stale list landed like any other": Past(
        701132,
        "run:sync:401186765 plan:add:1525710179 git:commit:172701623 run:pull:315720851"
        " tracker:close:1541375821 plan:tick:1120979001 run:sync:714369344"
        " tracker:keyword:430277321 run:sync:4275189311 git:check_out:2528885045"
        " run:push:316088580",
        chances=ALL,
    ),
    "a plan put back to before a run that died is as if it had not been, also after a refused run": Past(
        707541,
        "run:sync:694149062 tracker:tick:2005314333 run:sync:851560819 run:push:743605735"
        " plan:untick:3735282643",
        look="boxes",
        chances=ALL,
    ),
    "what a branch removed goes where it was only sent from main meanwhile": Past(
        803826,
        "run:push:2052848719 git:branch:200748743 plan:remove:1340652476 git:branch:1999687887"
        " run:sync:1204176252",
        chances=ALL,
    ),
    "a status line that an older plan lacks says todo to a newer state file": Past(
        705851,
        "run:sync:2452970632 git:commit:2210474776 run:sync:498078464 git:check_out:3108088697"
        " plan:untick:4060643386 git:state_back:3895529762",
        chances=ALL,
    ),
    "a task that was done again by its steps may be dropped though its issue is not closed yet": Past(
        803818,
        "run:sync:2396535986 plan:tick:3906447003 tracker:reopen:303709088 tracker:add:1700145052"
        " run:sync:1822150816 tracker:tick:960375564 run:pull:3388919850 plan:drop:83825232",
        look="boxes",
        chances=ALL,
    ),
    "a close beside a run that died in its own is taken for that one": Past(
        804212,
        "run:push:807710467 tracker:untick:2694090417 plan:finish:1354240573"
        " plan:reword:2994399172 tracker:tick:3351283214 run:sync:2030857405"
        " tracker:keyword:3165615205 plan:untick:1219726270",
        look="boxes",
        chances=ALL,
    ),
    "a step that was reworded, removed and replaced by one like it is that one": Past(
        706656,
        "run:push:3358615404 plan:remove:306052472 plan:reword:4273999135 plan:remove:1399187361"
        " plan:add:2572413905 plan:new_task:1096657526 tracker:tick:174051717 plan:tick:777728878",
        chances=ALL,
    ),
    "a state that came back before it was ever agreed is no news": Past(
        708144,
        "run:push:753795688 run:sync:2461676044 tracker:close:3577476630 tracker:tick:3445011157"
        " run:sync:573247148 run:push:1192157151 tracker:drop:836754696 plan:finish:4209213949"
        " plan:tick:3420651376 run:pull:2526091556 run:sync:2048298496 tracker:reopen:928514947",
        chances=ALL,
    ),
    "a tick that came and went while a body was late leaves the plan as it was agreed": Past(
        704589,
        "run:push:2603619509 tracker:close:2969308052 tracker:tick:3104442415"
        " tracker:close:1188313643 tracker:reword:2835630259 plan:prose:2743487769"
        " run:sync:3173562611 plan:tick:800480335 plan:finish:2861749467 run:push:2445657664"
        " plan:untick:2685614875",
        chances=ALL,
    ),
    "a task that the plan holds for done is said to be so to an older state file": Past(
        804036,
        "run:push:3623050318 plan:tick:2253210950 git:commit:1131202447 plan:tick:1655078469"
        " tracker:drop:3407132600 run:pull:1968560737 tracker:add:2359075023 plan:tick:25224616"
        " git:state_back:2676250289",
        look="boxes",
        chances=ALL,
    ),
    "a step that a branch checked away opens no task": Past(
        706949,
        "run:push:2054958374 git:commit:4035135044 tracker:keyword:1741163834 run:sync:3593560608"
        " plan:add:770801621 git:branch:3064047796 run:pull:379463138 git:check_out:1080957481",
        look="boxes",
        chances=ALL,
    ),
    "a step like one that another branch knows is that one to it": Past(
        809310,
        "run:push:804361184 tracker:remove:2849091212 git:branch:597507748 run:sync:1390872898"
        " tracker:close:1147735339 tracker:add:2400806063 git:check_out:1931254429",
        chances=ALL,
    ),
    "a tick that is again what it was before a run that died closes nothing": Past(
        810860,
        "run:push:2004757262 tracker:add:2685564635 plan:tick:751593805 run:sync:3861561457"
        " plan:finish:747255168 plan:untick:65062046 run:sync:1875756985 plan:finish:80421718"
        " tracker:tick:3803796948",
        chances=ALL,
    ),
    "a step opened beside a conflict about another one is no edge": Past(
        802428,
        "run:sync:3444198842 plan:check:2175806969 plan:check:4022807350 plan:tick:2767153378"
        " run:sync:2458403861 plan:remove:766773567 tracker:tick:1172732348 plan:untick:4189686948"
        " run:push:3719810176 tracker:untick:4270276052",
        look="boxes",
        chances=ALL,
    ),
    "a tick that the plan owed and its author made too is the one that was unticked there": Past(
        900946,
        "run:push:3201999240 tracker:close:2804853962 plan:finish:4234711328 run:sync:2810589635"
        " plan:remove:56797101 tracker:untick:739353109 plan:tick:1829519634 run:sync:2985778735",
        chances=ALL,
    ),
    "a close that was undone and done again between two runs is the one from before": Past(
        712302,
        "run:sync:2057458443 tracker:close:2462114816 plan:finish:2911668816"
        " tracker:close:4197896615 run:sync:4152276668 plan:add:2761744749 run:push:4085323607"
        " tracker:reopen:2251876648 tracker:close:1893945681 tracker:keyword:1013906079"
        " tracker:close:2458236538",
        chances=ALL,
    ),
    "a close beside a conflict about a tick is said by a status line": Past(
        815764,
        "plan:tick:428054552 plan:tick:1423639825 run:sync:1198986993 run:push:3187585770"
        " plan:tick:3564336520 plan:remove:4126957617 plan:remove:2299967938"
        " tracker:foreign:3457862516 run:sync:3414847979 run:sync:3714043883 plan:tick:1567353416"
        " plan:reword:532539180 git:branch:1233709398 run:sync:3674065794 git:branch:3992805477"
        " plan:tick:308403044 run:sync:3454610391",
        chances=ALL,
    ),
    "a step that came late and was sent again may be removed": Past(
        911642,
        "run:sync:1914331624 tracker:move:2821845712 run:sync:1622391944 plan:add:2539905272"
        " run:sync:3389320164 run:sync:3869442895",
        chances=ALL,
    ),
    "a step that was reworded beyond recognition is another one": Past(
        501245,
        "run:push:346866686 plan:remove:1603345130 tracker:tick:28665227 tracker:reword:1045943985"
        " tracker:reword:4244768656 tracker:reword:2180147548",
        chances=ALL,
    ),
    "a tick that a run implied before it died is taken back also over older files": Past(
        930057,
        "run:sync:3724065781 git:commit:1369857468 tracker:tick:2456952409"
        " tracker:keyword:718009663 run:sync:1235987262 tracker:reopen:938100763"
        " git:check_out:136566544",
        chances=ALL,
    ),
    "an old copy is one also to a run after one that ended early": Past(
        940220,
        "run:sync:215017782 tracker:keyword:2094441943 run:sync:240109695 plan:untick:1799038447"
        " plan:untick:4241736110 run:sync:2488506050 plan:tick:3699291389",
        chances=ALL,
    ),
    "of two steps reworded to be like each other nobody can tell which is which": Past(
        940708,
        "run:push:1882615746 tracker:reword:960451669 plan:remove:2215933991 run:sync:4011104407",
        chances=ALL,
    ),
    "a step that came with a close is asked about while others of the task are in conflict": Past(
        2006300,
        "run:push:581255000 tracker:add:2198950660 plan:untick:1914546802"
        " tracker:remove:1527972426 tracker:close:3740066272 run:sync:3826896306"
        " plan:finish:2564988628",
        chances=ALL,
    ),
    "a state is news again where the ticks that say it never came into the plan": Past(
        2006701,
        "run:push:1973816841 plan:add:2435889105 tracker:remove:2834279540 plan:remove:1636181888"
        " tracker:close:2897537427 run:pull:1366587574 plan:remove:1443132630",
        chances=ALL,
    ),
    "ticks that a run which died may have made are an author's": Past(
        2106596,
        "run:sync:849370370 tracker:keyword:2956906109 run:push:3849903376 plan:move:635795943"
        " run:pull:1720808747 tracker:reopen:2597739521 plan:finish:705202638",
        chances=ALL,
    ),
    "what an overview was made with comes back where git brought a plan of which no state file tells": Past(
        2005949,
        "git:commit:3630288272 plan:remove:1177128408 git:revert:1528418929 run:sync:1372788065"
        " git:check_out:2650579767",
        chances=ALL,
    ),
    "to a state file from before a step is ticked just now": Past(
        2101277,
        "plan:finish:3445744207 run:sync:52490744 tracker:close:240208288 git:commit:4063071530"
        " run:pull:2022839139 plan:tick:3917648227 tracker:reopen:4147681907"
        " git:state_back:572599958",
        chances=ALL,
    ),
    "a tick that was there and gone before a run saw it was never there": Past(
        3001235,
        "run:sync:618855759 tracker:close:3810664511 tracker:tick:1560935223 run:pull:4084709986"
        " tracker:untick:4256684173",
        chances=ALL,
    ),
    "a reworded step with a rival is another one to its task's state": Past(
        1301089,
        "run:sync:876658907 plan:finish:2050648810 plan:add:940858645 plan:reword:3290814037"
        " plan:reword:3587643290",
        look="boxes",
        chances=ALL,
    ),
    "a state that is again what it was to the run gives way to a step unticked since": Past(
        1301184,
        "run:push:3949470514 plan:check:4062985040 plan:remove:874076129 plan:check:206978992"
        " plan:uncheck:1880517335 plan:tick:1014529284 run:sync:2982579638 plan:uncheck:2606700288"
        " plan:move:12709635 plan:untick:618602627 plan:check:3913659850",
        look="boxes",
        chances=ALL,
    ),
    "a step opened after a run decided undoes a state that was said while it ran": Past(
        2005765,
        "run:push:1571380157 git:branch:1382575697 plan:reword:2093615339 plan:reword:4233870227"
        " tracker:tick:2144044085 run:sync:65454204 tracker:untick:2040452622 run:sync:49639412",
        look="boxes",
        chances=ALL,
    ),
    "a close that a stale list hid was not agreed on": Past(
        2104158,
        "run:push:4167479708 run:pull:2475091241 plan:check:580032997 tracker:keyword:2230919621"
        " run:pull:1598493368 tracker:add:2582446372",
        look="boxes",
        chances=ALL,
    ),
    "a close that comes through after it was given up is asked about": Past(
        2000472,
        "run:push:98387075 plan:uncheck:1493682597 run:sync:2589775109 plan:remove:1356849266"
        " plan:check:2157031867 plan:check:3491094998 run:push:4231990297 plan:uncheck:43989966"
        " run:pull:3256715242",
        look="boxes",
        chances=ALL,
    ),
    "a branch owes a close that its steps said to itself alone": Past(
        1202437,
        "run:sync:2612022142 tracker:close:3222407542 plan:finish:543032664 run:sync:1952093466"
        " git:branch:1469941327 run:sync:4263063202 git:branch:211488372 plan:new_task:812350378",
        look="boxes",
        chances=ALL,
    ),
    "a plan that is to the byte an old copy is one": Past(
        1202513,
        "run:push:3927573047 tracker:close:3344904194 plan:finish:1033370320 run:pull:2536395752"
        " run:push:3468543451 plan:uncheck:1214982588",
        look="boxes",
        chances=ALL,
    ),
    "an issue that a run could not read is agreed to by nobody": Past(
        154,
        "plan:tick:604570830 plan:untick:1978023503 run:sync:2972025120 plan:finish:2015579987"
        " tracker:tick:191044592 tracker:add:785489764 local:lose_records:3710813237 run:sync:2564805697"
        " plan:untick:2538291050",
        look="gitlab-template",
        chances=ALL,
    ),
    "an estimate is read again before it is written over": Past(
        253,
        "run:sync:444387284 tracker:close:2065072466 plan:estimate:3641141153 tracker:close:3403124306"
        " run:sync:553246975",
        look="gitlab-template",
        chances=ALL,
    ),
    "an estimate that an answer to another write shows is news to the next run": Past(
        419,
        "run:push:1413287646 run:pull:4107414539 plan:remove:519557471 run:push:3347436467",
        look="gitlab-template",
        chances=ALL,
    ),
    "a close is asked about where the plan has a new open step while another one is in conflict": Past(
        500579,
        "run:push:2062300178 run:sync:4286215273 tracker:tick:2273567694 run:sync:2077967528 "
        "tracker:tick:3257236354 plan:add:1705743741 plan:add:725390263 run:sync:2398947796 "
        "tracker:close:410162112 tracker:remove:1286661515 plan:add:3857425232 plan:tick:1277284402 "
        "run:sync:849991024",
    ),
}
